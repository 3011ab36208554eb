import { afterAll } from 'vitest';
import { endAll } from './helpers/at-end.ts';

afterAll(endAll);
