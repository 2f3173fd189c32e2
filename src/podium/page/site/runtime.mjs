// LiteRT's runtime for the web, and what lies beside the page.

import {loadAndCompile, loadLiteRt} from '@litertjs/core';

let runtime = null; // a page loads it once

/** @param {string} wasm URL of the folder wasm/ of @litertjs/core. */
export function loadRuntime(wasm) {
  runtime ??= loadLiteRt(wasm).catch((error) => {
    runtime = null;
    throw new Error(`the runtime in ${wasm} cannot be loaded${error?.message ? `: ${error.message}` : ''}`);
  });
  return runtime;
}

/** A model that can be run; the runtime must have been loaded. */
export function compile(content) {
  return loadAndCompile(new Uint8Array(content), {accelerator: 'wasm'});
}

/**
 * What a file beside the page holds. The server is asked each time, for another export may lie there now; what did not
 * change comes from the cache.
 *
 * @param {string | URL} url
 * @param {function(Response): Promise} read What is made of it.
 */
export async function fetched(url, read) {
  const response = await fetch(url, {cache: 'no-cache'}).catch((error) => {
    throw new Error(`${url} cannot be fetched: ${wordsOf(error)}`);
  });
  if (!response.ok) throw new Error(`${url} cannot be fetched: ${response.status}`);
  return read(response).catch((error) => {
    throw new Error(`${url} cannot be read: ${wordsOf(error)}`);
  });
}

export function wordsOf(error) {
  return error?.message || String(error);
}
