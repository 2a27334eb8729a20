/** Prints the tables of `docs/faults.md`, to be put between its marks. */
import { faultsTables } from "./docs_table.ts";

await Deno.stdout.write(new TextEncoder().encode(faultsTables() + "\n"));
