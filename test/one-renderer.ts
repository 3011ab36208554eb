import { keepRenderer } from '../local/fc/render.ts';

keepRenderer();
