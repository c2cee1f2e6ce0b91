/**
 * Whose page this is: the shop's own words, in the language of the page.
 */
import { callApi } from './api.js';
import { currentLanguage } from './texts.js';

// Papers can be long; the text of one is asked for when somebody opens it.
const SHOP = `{
  shop {
    name logoUrl
    business { tradeName representative registrationNumber mailOrderNumber address phone email }
    papers { kind title url }
    consent { version text }
    customerService { phone email url hours }
    cancelPolicy { byShopper withinDays partial minAmount }
  }
}`;
const PAPER_TEXTS = '{ shop { papers { kind text } } }';

/** What the server told last, and in which language. */
let known = null;

/** The shop as last told; null before. */
export function currentShop() {
  return known?.shop ?? null;
}

/** Asks for the shop unless it is known in the language of the page. @throws {ApiError} */
export async function loadShop() {
  if (known?.language !== currentLanguage()) await loadShopAnew();
}

/** @throws {ApiError} */
export async function loadShopAnew() {
  const language = currentLanguage();
  const { shop } = await callApi(SHOP);
  known = { language, shop };
}

/** The text of a paper that has no address of its own. @throws {ApiError} */
export async function paperText(kind) {
  const { shop } = await callApi(PAPER_TEXTS);
  return shop.papers.find((paper) => paper.kind === kind)?.text ?? '';
}
