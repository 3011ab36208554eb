import { expect, it } from 'vitest';
import { imageTypeOf } from './image-type.ts';

it.each([
  ['image/png', '89504e470d0a1a0a0000000d'],
  ['image/jpeg', 'ffd8ffe000104a46'],
  ['image/gif', '474946383961'],
  ['image/gif', '474946383761'],
  ['image/webp', '524946460a0000005745425056503820'],
  [undefined, '52494646000000005741564566'], // RIFF, but sound
  [undefined, '424d'],
  [undefined, '3c737667'],
  [undefined, '89504e47'],
  [undefined, ''],
])('%s is known by the bytes %s', (type, hex) => {
  expect(imageTypeOf(Buffer.from(hex, 'hex'))).toBe(type);
});
