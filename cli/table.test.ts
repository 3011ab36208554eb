import { describe, expect, it } from 'vitest';
import { csv } from './csv.ts';
import { card, table } from './table.ts';

describe('a table', () => {
  it('has numbers to the right, and columns that hold Chinese as well', () => {
    const rows = [
      ['研发部', 1_234_567],
      ['ops', 5],
    ];
    expect(table(['WHO', 'TOKENS'], rows)).toBe('WHO        TOKENS\n研发部  1,234,567\nops             5\n');
  });

  it('prints no character that would move the cursor', () => {
    expect(table(['WHO'], [['a\u001b[2J\nb']])).toBe('WHO\na�[2J�b\n');
    expect(card([['who', 'a\rb']])).toBe('who  a�b\n');
  });
});

describe('CSV', () => {
  it('quotes what must be quoted, and leaves numbers as they are', () => {
    expect(csv(['a', 'b', 'c'], [['x,"y"\n', 1234567, null]])).toBe('a,b,c\r\n"x,""y""\n",1234567,\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@sum', '\tx'])('makes no formula of %j', (text) => {
    expect(csv(['a'], [[text]])).toBe(`a\r\n'${text}\r\n`);
  });
});
