// Errors in words.

/** The first line of what an error says: libraries add traces. */
export function wordsOf(error) {
  return (error?.message || String(error)).trim().split('\n')[0];
}
