import { jest } from '@jest/globals';

// Specs on the real stack wait for conditions, with generous limits: the host at times takes over half of the CPU away.
jest.setTimeout(300_000);
