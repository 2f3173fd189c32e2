// LiteRT's runtime for the web, and what lies beside the page.

import {loadAndCompile, loadLiteRt} from '@litertjs/core';
import {wordsOf} from './errors.mjs';

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

export const LITERT = 'node_modules/@litertjs/core/wasm/'; // beside the page
export const bytes = (response) => response.arrayBuffer();

/** Refuses a file that the card does not describe: it may be of an earlier export. Pages without https cannot check. */
export async function checkDigest(url, content, card) {
  if (!globalThis.crypto?.subtle) return;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (!card.files.some((file) => file.sha256 === sha256)) {
    throw new Error(`${url} is none of the files that the model card describes; copy both from one export`);
  }
}
