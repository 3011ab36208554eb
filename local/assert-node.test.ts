import { describe, expect, it } from 'vitest';
import { assertNode22 } from './assert-node.ts';

describe('the runtime', () => {
  it('is Node 22 here, whatever node the machine has', () => {
    expect(() => assertNode22()).not.toThrow();
  });

  it('is refused by name when it is another', () => {
    expect(() => assertNode22('20.20.2')).toThrow('this is Node 20.20.2');
  });
});
