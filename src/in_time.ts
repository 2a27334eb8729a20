/** What `promise` comes to, or the signal's reason if it aborts before: whoever does not obey keeps nobody waiting. */
export async function inTime<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const onAbort = () => late.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    promise.catch(() => {}); // where it was too late, its end interests nobody
  }
}
