/**
 * The shop's own words on the page. Everything is set as text, never as HTML.
 */
import { days, text, won } from './texts.js';
import { make, part } from './view.js';

/** @param shop of shop.js, or null while it is not known */
export function renderShop(shop) {
  if (shop === null) return;
  part('brand').hidden = false;
  part('brand-name').textContent = shop.name;
  part('brand-mark').toggleAttribute('hidden', shop.logoUrl !== null);
  renderLogo(shop.logoUrl);
  document.title = text('pageTitleOfShop', { name: shop.name });
  renderConsent(shop);
  part('shop-service').hidden = shop.customerService === null;
  part('shop-service-ways').replaceChildren(...contactLines(shop.customerService));
  part('shop-papers').hidden = shop.papers.length === 0;
  part('shop-papers').replaceChildren(...shop.papers.map((paper) => make('li', {}, [paperLink(paper)])));
  part('shop-business').hidden = shop.business === null;
  part('shop-business').replaceChildren(...businessFacts(shop.business));
}

/** One that is put there again would be loaded again. */
function renderLogo(url) {
  const [shown] = part('brand-logo').children;
  if (url === null || shown?.getAttribute('src') === url) return;
  const image = make('img', { src: url, alt: '' });
  image.dataset.test = 'brand-logo';
  part('brand-logo').replaceChildren(image);
}

function renderConsent({ consent, papers }) {
  part('consent-box').hidden = consent === null;
  part('consent-text').textContent = consent?.text ?? '';
  part('consent-papers').replaceChildren(...(consent === null ? [] : papers.map(paperLink)));
}

/** Opens a paper: at its address in another tab, or in the dialog (see paper-dialog.js). */
export function paperLink({ kind, title, url }) {
  if (url === null) {
    const button = make('button', { type: 'button', className: 'paper', textContent: title });
    button.dataset.paper = kind;
    return button;
  }
  const link = make('a', { className: 'paper', href: url, target: '_blank', rel: 'noopener' }, [title]);
  link.append(make('span', { className: 'unseen', textContent: ` (${text('newWindow')})` }));
  return link;
}

function businessFacts(business) {
  if (business === null) return [];
  const { tradeName, representative, registrationNumber, mailOrderNumber, address, phone, email } = business;
  return [
    ['businessName', tradeName],
    ['businessRepresentative', representative],
    ['businessNumber', registrationNumber],
    ['businessMailOrder', mailOrderNumber],
    ['businessAddress', address],
    ['businessPhone', phone],
    ['businessEmail', email],
  ]
    .filter(([, value]) => value !== null)
    .map(([label, value]) =>
      make('div', {}, [make('dt', { textContent: text(label) }), make('dd', { textContent: value })]),
    );
}

/** The ways to the customer service, as elements. @param service of the shop, or null */
export function contactLines(service) {
  if (!service) return [];
  const { phone, email, url, hours } = service;
  const lines = [];
  if (phone) lines.push(contactLink(phone, `tel:${phone.replaceAll(/[^\d+]/g, '')}`));
  if (email) lines.push(contactLink(email, `mailto:${email}`));
  if (url) {
    const link = contactLink(text('serviceSite'), url);
    Object.assign(link, { target: '_blank', rel: 'noopener' });
    link.append(make('span', { className: 'unseen', textContent: ` (${text('newWindow')})` }));
    lines.push(link);
  }
  if (hours) lines.push(make('span', { textContent: hours }));
  return lines.map((line) => make('li', {}, [line]));
}

function contactLink(label, href) {
  return make('a', { href, textContent: label });
}

/** What shoppers may cancel by themselves, in words; nothing where they may all. */
export function policyText({ byShopper, withinDays, partial, minAmount }) {
  if (!byShopper) return text('policyOff');
  return [
    withinDays === null
      ? ''
      : withinDays === 0
        ? text('policySameDay')
        : text('policyDays', { days: days(withinDays) }),
    partial ? '' : text('policyInFull'),
    minAmount === null ? '' : text('policyLeast', { amount: won(minAmount) }),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}
