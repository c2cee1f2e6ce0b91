/**
 * The gateway's payment window: its script, what it is asked, and what it tells us afterwards.
 * Nothing it tells us is proof of a payment; the server asks the gateway itself.
 */
import { currentLanguage } from './texts.js';
import { failureOf, shopperWords } from './window-failure.js';

const SDK_LOAD_TIMEOUT_MS = 15_000;
// Browsers open a pop-up for a short while after a click: Safari for about a second, and not every one says for how long.
const CLICK_COUNTS_MS = 900;

/** The gateway's script could not be loaded (blocked, offline, or not what it should be). */
export class SdkUnavailable extends Error {}

let loadingSdk = null;
let initializedFor = null;

/**
 * Loads the gateway's script, once, so that it is there before the click that needs it.
 *
 * @throws {SdkUnavailable} and the next call tries again
 */
export async function loadSdk(sdkUrl) {
  if (globalThis.IMP) return;
  loadingSdk ??= loadScript(sdkUrl).finally(() => {
    loadingSdk = null;
  });
  await loadingSdk;
  if (!globalThis.IMP) throw new SdkUnavailable(`${sdkUrl} does not define IMP`);
}

/** Whether a browser would still open a pop-up for a click of that moment. */
export function clickStillCounts(clickedAt) {
  return navigator.userActivation?.isActive ?? Date.now() - clickedAt < CLICK_COUNTS_MS;
}

/**
 * Opens the payment window for an order, at once. On a phone the gateway takes the whole page away instead and comes
 * back by a redirect, see {@link readRedirect}.
 *
 * @param checkout `checkout` of the PaymentOrder; its script is loaded
 * @param tel a mobile number, or '' where the method needs none
 * @param onResult called with what {@link readResult} returns
 */
export function openPaymentWindow(checkout, tel, onResult) {
  const sdk = globalThis.IMP;
  if (initializedFor !== checkout.userCode) {
    sdk.init(checkout.userCode);
    initializedFor = checkout.userCode;
  }
  const request = {
    pay_method: checkout.payMethod,
    merchant_uid: checkout.merchantUid,
    name: checkout.name,
    amount: checkout.amount,
    currency: checkout.currency,
    buyer_name: checkout.buyerName,
    buyer_email: checkout.buyerEmail,
    m_redirect_url: checkout.mRedirectUrl,
    notice_url: checkout.noticeUrl,
    // Documented as required for phone payments; points are a digital good with every other method too.
    digital: true,
  };
  // Documented as a choice that some PGs offer; Korean is what every one of them shows without it.
  if (currentLanguage() === 'en') request.language = 'en';
  // Documented: some PGs need it, the others have a due time of their own without it.
  if (checkout.vbankDue) request.vbank_due = checkout.vbankDue;
  // Shops whose contract has mixed tax name the parts (documented); 0 is a part as well.
  if (checkout.taxFree !== null) request.tax_free = checkout.taxFree;
  if (checkout.vatAmount !== null) request.vat_amount = checkout.vatAmount;
  if (checkout.channelKey) request.channelKey = checkout.channelKey;
  else if (checkout.pg) request.pg = checkout.pg;
  if (tel !== '') request.buyer_tel = plainTel(tel);
  const opened = sdk.request_pay(request, (response) => onResult(readResult(response)));
  // Observed: the newer script answers some faults by a rejected promise and no callback.
  Promise.resolve(opened).catch((fault) => onResult(readResult(fault)));
}

/**
 * What both kinds of callback have in common. The older modules say `success` or `imp_success`, the newer ones
 * (documented) only give an `error_code` or `error_msg` when it failed.
 *
 * @returns `impUid` or null; `failure`: why it failed (see {@link failureOf}), or null when no failure was reported;
 *   `gatewayText`: the same in the gateway's words, or ''
 */
export function readResult(response) {
  const failed =
    response?.success === false ||
    String(response?.imp_success) === 'false' ||
    isGiven(response?.error_code) ||
    isGiven(response?.error_msg);
  const [errorCode, errorText] = [response?.error_code, response?.error_msg].map((told) =>
    isGiven(told) ? String(told) : '',
  );
  return {
    impUid: isGiven(response?.imp_uid) ? String(response.imp_uid) : null,
    failure: failed ? failureOf(errorCode, errorText) : null,
    gatewayText: failed ? shopperWords(errorText) : '',
  };
}

/**
 * The same from the address a phone's redirect came back with, or null when this is no such address. Anybody can write
 * text into an address, so none of it is shown.
 */
export function readRedirect(search) {
  const query = new URLSearchParams(search);
  if (!query.has('imp_uid') && !query.has('error_msg') && !query.has('error_code')) return null;
  return { ...readResult(Object.fromEntries(query)), gatewayText: '' };
}

/** Digits alone, as a Korean phone dials them: the one form that every PG takes. */
function plainTel(tel) {
  return tel
    .replace(/[^\d+]/g, '')
    .replace(/^\+82(?:0)?/, '0')
    .replace(/\D/g, '');
}

function isGiven(value) {
  return value !== undefined && value !== null && !['', 'null', 'undefined'].includes(String(value));
}

function loadScript(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    const giveUp = (reason) => {
      script.remove();
      reject(new SdkUnavailable(`${url} ${reason}`));
    };
    const timer = setTimeout(() => giveUp('took too long'), SDK_LOAD_TIMEOUT_MS);
    script.addEventListener('load', () => {
      clearTimeout(timer);
      resolve();
    });
    script.addEventListener('error', () => {
      clearTimeout(timer);
      giveUp('could not be loaded');
    });
    script.src = url;
    document.head.append(script);
  });
}
