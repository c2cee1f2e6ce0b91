/**
 * Korean or English: what the shop asked for (`language` of request_pay), else the browser's language.
 */
export function pickLanguage(requested) {
  const wanted = (requested ?? navigator.language ?? 'ko').toLowerCase();
  return wanted.startsWith('ko') ? 'ko' : 'en';
}

/** Writes the texts into every element that names one by `data-text`. */
export function applyTexts(language, texts) {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-text]')) {
    element.textContent = texts[element.dataset.text];
  }
}

/** Whole won and the like, as people write them. */
export function money(language, amount, currency) {
  const number = new Intl.NumberFormat(language).format(amount);
  if (currency !== 'KRW') return `${number} ${currency}`;
  return language === 'ko' ? `${number}원` : `₩${number}`;
}
