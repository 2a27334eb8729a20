/** Memories of what strangers choose are bounded: beyond the bound the oldest is forgotten. */

/** Puts `key` behind all others in `map`; beyond `most` the one in front goes. */
export function putNewest<K, V>(
  map: Map<K, V>,
  key: K,
  value: V,
  most: number,
): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  map.delete(map.keys().next().value!);
}
