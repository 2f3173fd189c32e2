// The page begins here: the model's card says whether it reads signs or hears words.

import {fetched} from './runtime.mjs';

const HINT = '"podium page" puts the model, its card, MediaPipe\'s models and all scripts beside this page';

/** @param {function(Error)} complain Shows what is wrong. */
export async function start(complain) {
  try {
    const card = await fetched('model_card.json', (response) => response.json());
    const {Page} = await import(card?.input?.sample_rate ? './sound_page.mjs' : './film_page.mjs');
    await Page.open(complain);
  } catch (error) {
    complain(`${error.message}; ${HINT}`);
  }
}
