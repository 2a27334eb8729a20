/** Ids for the eyes of people. */

/** Enough of an id to tell it from its neighbours; ids of other forms are shown a little longer. */
export function shortId(id: string): string {
  const uuid = /^[0-9a-f]{8}(?=(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$)/i.exec(id);
  return uuid?.[0] ?? (id.length > 16 ? `${id.slice(0, 15)}…` : id);
}
