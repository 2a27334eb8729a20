/** Prints the lists of `docs/faults.md`, to be put between its marks. */
import { faultsLists } from "./docs_lists.ts";

await Deno.stdout.write(new TextEncoder().encode(faultsLists() + "\n"));
