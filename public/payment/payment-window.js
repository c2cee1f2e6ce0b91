/**
 * The gateway's payment window: its script, what it is asked, and what it tells us afterwards.
 * Nothing it tells us is proof of a payment; the server asks the gateway itself.
 */
import { currentLanguage } from './texts.js';

const SDK_LOAD_TIMEOUT_MS = 15_000;
// Anybody can write text into the address of the redirect.
const GATEWAY_TEXT_LIMIT = 300;

/** The gateway's script could not be loaded (blocked, offline, or not what it should be). */
export class SdkUnavailable extends Error {}

let initializedSdk = null;

/**
 * Opens the payment window for an order. On a phone the gateway takes the whole page away instead and comes
 * back by a redirect, see {@link readRedirect}.
 *
 * @param checkout `checkout` of the PaymentOrder
 * @param choice `{ method, tel }`: pay_method of the gateway, and a mobile number or ''
 * @param onResult called with `{ impUid, gatewayText }` of {@link readResult}
 * @throws {SdkUnavailable}
 */
export async function openPaymentWindow(checkout, choice, onResult) {
  const sdk = await initializeSdk(checkout);
  const request = {
    pay_method: choice.method,
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
  if (checkout.channelKey) request.channelKey = checkout.channelKey;
  if (choice.tel !== '') request.buyer_tel = plainTel(choice.tel);
  const opened = sdk.request_pay(request, (response) => onResult(readResult(response)));
  // Observed: the newer script answers some faults by a rejected promise and no callback.
  Promise.resolve(opened).catch((fault) => onResult(readResult(fault)));
}

/**
 * What both kinds of callback have in common. The older modules say `success` or `imp_success`, the newer ones
 * (documented) only give an `error_code` or `error_msg` when it failed.
 *
 * @returns `impUid` or null; `gatewayText`: why it failed in the gateway's words ('' when it gave none), or null
 *   when no failure was reported
 */
export function readResult(response) {
  const failed =
    response?.success === false ||
    String(response?.imp_success) === 'false' ||
    isGiven(response?.error_code) ||
    isGiven(response?.error_msg);
  const gatewayText = isGiven(response?.error_msg) ? String(response.error_msg) : '';
  return {
    impUid: isGiven(response?.imp_uid) ? String(response.imp_uid) : null,
    gatewayText: failed ? gatewayText.slice(0, GATEWAY_TEXT_LIMIT) : null,
  };
}

/** The same from the address a phone's redirect came back with, or null when this is no such address. */
export function readRedirect(search) {
  const query = new URLSearchParams(search);
  if (!query.has('imp_uid') && !query.has('error_msg') && !query.has('error_code')) return null;
  return readResult(Object.fromEntries(query));
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

async function initializeSdk({ sdkUrl, userCode }) {
  if (initializedSdk === null) {
    if (!globalThis.IMP) await loadScript(sdkUrl);
    if (!globalThis.IMP) throw new SdkUnavailable(`${sdkUrl} does not define IMP`);
    globalThis.IMP.init(userCode);
    initializedSdk = globalThis.IMP;
  }
  return initializedSdk;
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
