/** Killed around answers to a person that are equal: each is shown, and shown once. */
import { playCase } from "./case.ts";
import { equalTexts } from "./scenarios.ts";

const POINTS = [
  "reply saved",
  "attempt marked",
  "post begun",
  "post answered",
  "entry removed saved",
];

for (const at of POINTS) {
  for (const nth of [3, 7]) {
    Deno.test(`killed at "${at}" number ${nth}: ${equalTexts.name}`, async () => {
      await playCase(equalTexts, [{ at, nth }], { looksAgain: true });
    });
  }
}
