import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../run-program.ts';
import { ToolFailure } from '../tool/serverless-devs.ts';
import { type Step, takeSteps } from './step.ts';

const aStep = (title: string, run: Step['run']): Step => ({
  title,
  run,
  ifFailed: `${title} can be had again.`,
});

describe('the steps of a deploy', () => {
  it('are taken in their order, none after one that fails, and it is said where that leaves one', async () => {
    let shown = '';
    const show = (text: string) => {
      shown += text;
    };
    const steps = [
      aStep('First', async () => 'was easy'),
      aStep('Second', async () => {
        throw new ToolFailure(['deploy', '-y'], 101);
      }),
      aStep('Third', async () => 'was never taken'),
    ];
    const failure: unknown = await takeSteps(steps, {
      show,
      reasonOf: (error) => (error as Error).message,
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: '\nStep 2/3 has failed (Second): `s deploy -y` ended with 101.\nSecond can be had again.',
    });
    expect(shown).toBe('\n[1/3] First\nwas easy\n\n[2/3] Second\n');
    expect(exitCodeOf(failure)).toBe(101);
  });
});
