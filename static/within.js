// How long a request may take: a network that says nothing may hold it for ever.

/** A signal that ends a request after so many milliseconds, also in the midst of its answer; Safari knows AbortSignal.timeout from 16 on only. */
export function within(patience = 15_000) {
  const end = new AbortController();
  setTimeout(() => end.abort(), patience);
  return end.signal;
}
