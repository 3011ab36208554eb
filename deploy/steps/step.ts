/** A part of a deploy. */
export interface Step {
  /** As a heading: `Build the bundles`. */
  title: string;
  /** Gives what there is to say about it. Throws what went wrong. */
  run(): Promise<string | undefined>;
  /** What is the case when it has failed, for whoever has to go on from there. */
  ifFailed: string;
}

/** A step has failed; the message says which, why, and where that leaves the operator. */
class StepFailure extends Error {
  override readonly name = 'StepFailure';
}

/** Takes the steps one after the other, and none after one that fails. @throws StepFailure */
export async function takeSteps(
  steps: readonly Step[],
  { show, reasonOf }: { show: (text: string) => void; reasonOf: (error: unknown) => string },
): Promise<void> {
  for (const [index, { title, run, ifFailed }] of steps.entries()) {
    const place = `${index + 1}/${steps.length}`;
    show(`\n[${place}] ${title}\n`);
    const said = await run().catch((cause: unknown) => {
      const message = `\nStep ${place} has failed (${title}): ${reasonOf(cause)}\n${ifFailed}`;
      throw new StepFailure(message, { cause });
    });
    if (said !== undefined) show(`${said}\n`);
  }
}
