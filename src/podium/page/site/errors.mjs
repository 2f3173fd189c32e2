// Errors in words.

export function wordsOf(error) {
  return error?.message || String(error);
}
