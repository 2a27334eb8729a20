/** Every fault at every endpoint, as the matrix says: several at once, each with a platform of its own. */
import { assertEquals } from "@std/assert";
import { runAtOnce } from "./at_once.ts";
import { FAULT_NAMES, faultsOf, MATRIX, type Place, PLACES } from "./matrix.ts";
import { tryFault } from "./trial.ts";

Deno.test("the matrix names every fault at every place, once", () => {
  const named = (place: Place) =>
    MATRIX.filter((row) => row.place === place).flatMap(faultsOf);
  for (const place of Object.keys(PLACES) as Place[]) {
    assertEquals([...named(place)].sort(), [...FAULT_NAMES].sort(), place);
  }
});

for (const place of Object.keys(PLACES) as Place[]) {
  Deno.test(`faults: ${PLACES[place]}`, async () => {
    const rows = MATRIX.filter((row) => row.place === place);
    await runAtOnce(rows.flatMap((row) =>
      faultsOf(row).map((
        name,
      ) => [`${place}: ${name}`, () => tryFault(row, name)] as const)
    ));
  });
}
