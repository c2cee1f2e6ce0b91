/**
 * What the cancel dialog shows. Everything is set as text, never as HTML.
 */
import { obstacleText, policyRefusal } from './refusal.js';
import { needsAccount, renderBanks, renderRefundAccount } from './refund-account.js';
import { contactLines, paperLink, policyText } from './shop-view.js';
import { currentShop } from './shop.js';
import { day, moment, points, text, won } from './texts.js';
import { fact, part } from './view.js';
import { shopperWords } from './window-failure.js';

/** Why money goes back that the shop's policy alone does not give. */
const BASES = {
  UNUSED_7_DAYS: 'basisUnused',
  PREPAID_80: 'basisMostUsed',
  VOUCHER_60_80: 'basisMostUsed',
  EXPIRED_90: 'basisExpired',
  EXPIRED_90_95: 'basisExpired',
  EXPIRED_100: 'basisExpired',
};

const ICONS = { done: 'icon-check', refused: 'icon-stop', declined: 'icon-stop' };

/**
 * @param shown `{ payment, attempt, stage, quote, banks, extent, amount, plan, amountError, accountFaults, error, ended }`,
 *   amountError being the key of a text and error an ApiError, or null; accountFaults of readRefundAccount; stage is `quoting`, `quoteFailed`,
 *   `form`, `sending` or `ended`; amount is what would be cancelled, or null while it is no amount, and plan
 *   what goes for it, or null while that is not known
 * @param user the logged-in user
 */
export function renderCancelDialog(shown, user) {
  const { stage, payment, quote } = shown;
  const canCancel = quote !== null && quote.refundable > 0;
  part('cancel-title').textContent = text(stage === 'ended' ? 'historyCancel' : 'cancelTitle');
  part('cancel-title').hidden = stage === 'ended';
  part('cancel-payment').replaceChildren(...paymentFacts(payment).map(fact));
  part('cancel-question').hidden = stage === 'ended';
  part('cancel-loading').hidden = stage !== 'quoting';
  part('cancel-limit').textContent = quote === null ? '' : limitText(quote);
  part('cancel-until').textContent = canCancel ? untilText(quote) : '';
  renderShopPart(shown);
  part('cancel-form').hidden = !canCancel || !['form', 'sending'].includes(stage);
  if (canCancel) renderForm(shown, user);
  part('cancel-error').textContent = shown.error?.readerText ?? '';
  part('cancel-progress').textContent =
    stage === 'sending' ? text(shown.attempt.isAskingAgain ? 'cancelAskingAgain' : 'cancelSending') : '';
  renderEnd(stage === 'ended' ? shown.ended : null, user);
  renderActions(shown, canCancel);
}

/** The shop's policy, and the way to its customer service where no retry of the shopper's own helps. */
function renderShopPart({ stage, quote, error, ended }) {
  const shop = currentShop();
  const policy = shop === null ? '' : policyText(shop.cancelPolicy);
  const refundRules = shop?.papers.find(({ kind }) => kind === 'REFUND');
  part('cancel-policy-box').hidden = stage === 'ended' || (policy === '' && !refundRules);
  part('cancel-policy').textContent = policy;
  part('cancel-policy-paper').replaceChildren(...(refundRules ? [paperLink(refundRules)] : []));
  const isHopeless =
    (stage === 'ended' && ended.outcome === 'refused') ||
    (stage !== 'ended' && ((quote !== null && isForGood(quote)) || isRefusedForGood(error)));
  part('cancel-contact').hidden = !isHopeless || !shop?.customerService;
  part('cancel-contact-ways').replaceChildren(...(isHopeless ? contactLines(shop?.customerService) : []));
}

function isByPreset({ plan }) {
  return plan !== null && plan.basis !== 'SHOP_POLICY';
}

function isForGood(quote) {
  const { limitedBy, obstacle } = quote;
  if (isByPreset(quote)) return false;
  return limitedBy === 'SHOP_POLICY' || (limitedBy === 'CANCEL_NOT_POSSIBLE' && obstacle !== 'CLOSED_NOW');
}

function isRefusedForGood(error) {
  return (
    ['CANCEL_BY_SHOP_ONLY', 'CANCEL_NOT_POSSIBLE', 'CANCEL_REFUSED'].includes(error?.code) && !error.retryable
  );
}

/** How a cancellation ended, in words. @param ended of requestCancellation or endOf */
export function noticeOf({ outcome, cancellation, error }) {
  switch (outcome) {
    case 'done':
      return {
        title: text('cancelDoneTitle', { amount: won(cancellation.amount) }),
        detail: text(cancellation.refundAccount ? 'cancelDoneToAccount' : 'cancelDoneText'),
      };
    case 'pending':
      if (cancellation.expectedAt) {
        return {
          title: text('cancelAcceptedTitle', { amount: won(cancellation.amount) }),
          detail: text('cancelAcceptedText', {
            day: day(cancellation.expectedAt),
            points: points(cancellation.points),
          }),
        };
      }
      return {
        title: text('cancelPendingTitle'),
        detail: text('cancelPendingText', { points: points(cancellation.points) }),
      };
    case 'refused':
      return {
        title: text('cancelRefusedTitle'),
        detail: refusedText(cancellation),
      };
    case 'declined':
      return { title: text('cancelDeclinedTitle'), detail: error.readerText };
    case 'loginNeeded':
      return { title: text('cancelUndecidedTitle'), detail: text('cancelLoginText') };
    default:
      return { title: text('cancelUndecidedTitle'), detail: text('cancelUndecidedText') };
  }
}

/** @param cancellation the refused one; undefined when it could not be read */
function refusedText(cancellation) {
  if (cancellation?.refusalReason === 'TOO_LITTLE_UNSETTLED') return text('cancelTryLater');
  const refusal = shopperWords(cancellation?.refusal ?? '');
  return refusal === '' ? text('cancelRefusedPlain') : text('cancelRefusedText', { refusal });
}

function paymentFacts({ amount, createdAt, impUid }) {
  return [
    ['cancelOfPayment', won(amount)],
    ['cancelPaidAt', moment(createdAt)],
    ['factPayment', impUid],
  ];
}

function limitText(quote) {
  const { left, refundable, limitedBy, obstacle, policyReason, opensAt, partialCancel, cancelUntil } = quote;
  if (isByPreset(quote)) return text(BASES[quote.plan.basis]);
  if (limitedBy === 'SHOP_POLICY') {
    const minAmount = currentShop()?.cancelPolicy.minAmount ?? 0;
    return policyRefusal(policyReason, { deadline: cancelUntil, minAmount });
  }
  if (limitedBy === 'CANCEL_NOT_POSSIBLE') return obstacleText(obstacle, { deadline: cancelUntil, opensAt });
  if (limitedBy === 'CANCEL_IN_PROGRESS') return text('limitInProgress');
  if (limitedBy === 'CANCEL_AMOUNT_EXCEEDED') return text('limitNothingLeft');
  if (limitedBy === 'INSUFFICIENT_POINT') {
    if (partialCancel === 'NO') return text('onlyInFullTooFewPoints', { left: won(left) });
    return refundable > 0
      ? text('limitPoints', { left: won(left), refundable: won(refundable) })
      : text('limitNoPoints', { left: won(left) });
  }
  return partialCancel === 'NO' ? text('onlyInFull') : '';
}

/** The last minute in which it can be cancelled: what ends at midnight ends for people on the day before. */
function untilText({ cancelUntil, isCancelUntilAbout }) {
  if (cancelUntil === null) return '';
  const last = new Date(Date.parse(cancelUntil) - 60_000).toISOString();
  return text(isCancelUntilAbout ? 'cancelUntilAbout' : 'cancelUntil', { moment: moment(last) });
}

function renderForm({ stage, quote, banks, plan, extent, amountError, accountFaults }, user) {
  const sending = stage === 'sending';
  part('cancel-all-label').textContent = text(
    quote.refundable < quote.left ? 'cancelAllPossible' : 'cancelAll',
  );
  part('cancel-all-amount').textContent = won(quote.refundable);
  part('cancel-amount-group').disabled = sending;
  part('cancel-reason').disabled = sending;
  part('cancel-part-choice').hidden = quote.partialCancel === 'NO';
  part('cancel-amount-field').hidden = extent !== 'part';
  part('cancel-amount-hint').textContent = text('cancelAmountHint', { max: won(quote.refundable) });
  part('cancel-amount-error').textContent = amountError ? text(amountError) : '';
  part('cancel-amount').setAttribute('aria-invalid', String(Boolean(amountError)));
  if (needsAccount(quote.refundAccount)) renderBanks(banks);
  renderRefundAccount({ need: quote.refundAccount, faults: accountFaults, isSending: sending });
  part('cancel-bonus-row').hidden = !plan?.bonus;
  part('cancel-bonus').textContent = plan ? points(plan.bonus) : '';
  part('cancel-fee-row').hidden = !plan?.fee;
  part('cancel-fee').textContent = plan ? won(plan.fee) : '';
  part('cancel-point-after').textContent = plan === null ? '–' : points(user.point - plan.points);
  part('cancel-given-back').textContent = plan === null ? '–' : won(plan.amount);
}

function renderEnd(ended, user) {
  part('cancel-end').hidden = ended === null;
  if (ended === null) return;
  const { outcome, cancellation } = ended;
  const { title, detail } = noticeOf(ended);
  part('cancel-end').dataset.outcome = outcome;
  part('cancel-end-mark').dataset.outcome = outcome;
  part('cancel-end-icon').setAttribute('href', `#${ICONS[outcome] ?? 'icon-clock'}`);
  part('cancel-end-title').textContent = title;
  part('cancel-end-text').textContent = detail;
  const facts = outcome === 'done' ? [['cancelGivenBack', won(cancellation.amount)]] : [];
  if (outcome === 'done' && cancellation.refundAccount)
    facts.push(['factRefundTo', cancellation.refundAccount]);
  if (['done', 'refused'].includes(outcome)) facts.push(['factBalance', points(user.point)]);
  if (outcome === 'pending') facts.push(['available', points(user.availablePoint)]);
  if (outcome === 'pending' && cancellation.expectedAt) {
    facts.unshift(
      ['cancelGivenBack', won(cancellation.amount)],
      ['factExpected', day(cancellation.expectedAt)],
      ...(cancellation.refundAccount ? [['factRefundTo', cancellation.refundAccount]] : []),
    );
  }
  part('cancel-end-facts').replaceChildren(...facts.map(fact));
}

function renderActions({ stage, amount, plan, ended }, canCancel) {
  const confirms = canCancel && ['form', 'sending'].includes(stage);
  part('cancel-confirm').hidden = !confirms;
  part('cancel-confirm').disabled = stage === 'sending' || (amount !== null && plan === null);
  part('cancel-confirm').dataset.working = stage === 'sending';
  part('cancel-confirm-label').textContent =
    stage === 'sending'
      ? text('cancelWorking')
      : amount === null
        ? text('cancelConfirm')
        : text('cancelConfirmAmount', { amount: won(amount) });
  part('cancel-again').hidden = !(
    stage === 'quoteFailed' ||
    (stage === 'ended' && ['undecided', 'loginNeeded'].includes(ended.outcome))
  );
  part('cancel-again').textContent = text(
    stage === 'quoteFailed' ? 'tryAgain' : ended?.outcome === 'loginNeeded' ? 'cancelGoOn' : 'checkAgain',
  );
  const isOnly = !confirms && part('cancel-again').hidden;
  part('cancel-close').textContent = text(stage === 'ended' && isOnly ? 'done' : 'close');
  part('cancel-close').className = isOnly ? 'primary' : 'secondary';
}
