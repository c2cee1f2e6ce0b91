/**
 * The checkout page: log in, choose, pay, be credited, look back.
 */
import { AccountDialog } from './account-dialog.js';
import { ApiError } from './api.js';
import { CancelDialog } from './cancel-dialog.js';
import { endOf } from './cancellation.js';
import { askNow, confirmPayment, UnconfirmedPayments } from './confirmation.js';
import { copyTextOf } from './copying.js';
import { depositNumber, endInWords, focusDeposit, renderDeposits } from './deposits-view.js';
import { Deposits } from './deposits.js';
import { GiveUpDialog } from './give-up-dialog.js';
import { focusCancelButton, renderHistory } from './history-view.js';
import { History } from './history.js';
import { Methods, needsTel, takesAmount } from './methods.js';
import { focusMethod, renderMethods } from './methods-view.js';
import { PaymentDialog } from './payment-dialog.js';
import {
  clickStillCounts,
  loadSdk,
  openPaymentWindow,
  readRedirect,
  SdkUnavailable,
} from './payment-window.js';
import { HostSession } from './host-session.js';
import { listenForPapers } from './paper-dialog.js';
import { BALANCE_FIELDS, Session } from './session.js';
import { renderShop } from './shop-view.js';
import { currentShop, loadShop, loadShopAnew } from './shop.js';
import { switchLanguage, text } from './texts.js';
import {
  hasOwnLogin,
  part,
  renderAuth,
  renderBalance,
  renderFieldError,
  renderFixedTexts,
  renderHostLogin,
  renderMessage,
  renderPackages,
  renderPayBar,
  renderResult,
  showFace,
} from './view.js';

const PASSWORD_MIN_LENGTH = 8;
const EMAIL_FORM = /^\S+@\S+$/;
const TEL_FORM = /^\+?[0-9][0-9 -]{7,18}$/;
// Of the hour for which an order can be paid. A kept one that is older is left; the server may give the same one again.
const KEPT_ORDER_MS = 5 * 60_000;
// A tab that is looked at asks anew, but not for every focus that comes and goes within it.
const REFRESH_PAUSE_MS = 1_000;

// How exactly the page says how long an account still waits.
const TIME_LEFT_PAUSE_MS = 15_000;

/** Refusals after which the page shows anew what can be chosen. */
const OFFER_HAS_CHANGED = ['METHOD_NOT_OFFERED', 'METHOD_LIMIT_EXCEEDED'];

const OFFER = `{
  packages { amount bonus popular }
  paymentMethods { method pgName minAmount maxAmount needs dueDays }
}`;
const CREATE_PAYMENT_ORDER = `mutation ($amount: Int!, $method: PointPaymentMethod!, $termsVersion: String) {
  createPaymentOrder(amount: $amount, method: $method, termsVersion: $termsVersion) {
    merchantUid
    checkout {
      sdkUrl userCode channelKey pg payMethod testMode merchantUid name amount currency buyerName buyerEmail
      mRedirectUrl noticeUrl vbankDue taxFree vatAmount
    }
  }
}`;
const CREATE_POINT_TRANSACTION = `mutation ($impUid: String!) {
  createPointTransaction(impUid: $impUid) {
    id impUid amount status balanceAfter createdAt
    user { ${BALANCE_FIELDS} }
  }
}`;

const news = {
  onExpired: askToLogInAgain,
  onChangedElsewhere: start,
  onPointsChangedElsewhere: refreshWhenSeen,
};
const session = hasOwnLogin ? new Session(news) : new HostSession(news);
const accountDialog = new AccountDialog({ session, onGone: leaveFor });
const unconfirmedPayments = new UnconfirmedPayments();

const auth = { mode: 'logIn', working: false, note: null };
/** `order`: made, and waiting for a click that may open its window: `{ checkout, amount, method, keptUntil }`, or null. */
const payment = { stage: 'form', attempt: 0, order: null };
const history = new History({
  call: (operation, variables) => session.call(operation, variables),
  onUser: takeUser,
  onChange: renderAccountHistory,
  onEnded: (cancellation) => noticeEnd(endOf(cancellation), { isShown: false }),
});
const cancelDialog = new CancelDialog({
  call: (operation, variables) => session.call(operation, variables),
  currentUser: () => user,
  onAttempts: renderAccountHistory,
  onEnded: takeCancellation,
  onClosed: focusCancelButton,
});
const deposits = new Deposits({
  call: (operation, variables) => session.call(operation, variables),
  onUser: takeUser,
  onChange: renderAccountDeposits,
  onEnded: takeEndedDeposit,
});
const paymentDialog = new PaymentDialog({
  call: (operation, variables) => session.call(operation, variables),
});

const giveUpDialog = new GiveUpDialog({
  call: (operation, variables) => session.call(operation, variables),
  onAnswer: isStillAwaited,
  onEnded: focusDeposit,
});
let user = null;
let packages = null;
const methods = new Methods();
let result = null;
let failedRedirect = null;
let confirming = false;
let cancelNotice = null;
let refreshedAt = 0;
let isOutdated = false;

// ---- coming and going

async function start() {
  leaveAccount();
  showFace('loading');
  try {
    [user] = await Promise.all([session.restore(), loadShop()]);
    renderShop(currentShop());
  } catch (error) {
    renderError('connection-problem-text', error);
    showFace('connection-problem');
    return;
  }
  if (user === null) showWelcome(unconfirmedPayments.isEmpty ? null : 'logInToConfirm');
  else enterAccount();
}

function showWelcome(note) {
  auth.note = note;
  renderMessage('auth-error', null);
  renderLogin();
  showFace('welcome');
}

/** Nobody logs in twice: the form is ours, or the button leads to the shop. */
function renderLogin() {
  part('auth').hidden = !hasOwnLogin;
  part('host-login').hidden = hasOwnLogin;
  if (hasOwnLogin) renderAuth(auth);
  else renderHostLogin(auth, session.canLogIn);
}

function askToLogInAgain() {
  if (!hasOwnLogin) {
    leaveAccount();
    showWelcome(unconfirmedPayments.isEmpty ? 'hostSessionEnded' : 'logInToConfirm');
    part('host-log-in').focus();
    return;
  }
  if (user !== null) part('email').value = user.email;
  leaveAccount();
  auth.mode = 'logIn';
  showWelcome(unconfirmedPayments.isEmpty ? 'sessionEnded' : 'logInToConfirm');
  part(part('email').value === '' ? 'email' : 'password').focus();
}

function leaveAccount() {
  user = null;
  cancelNotice = null;
  payment.order = null;
  history.reset();
  deposits.reset();
  renderDeposits(deposits);
  renderMessage('deposits-news', null);
  cancelDialog.leave();
  giveUpDialog.leave();
  accountDialog.close();
  paymentDialog.leave();
}

/** What was chosen before the session ran out is still on the form; results and refusals of then are not shown again. */
function enterAccount() {
  const hasOpenWindow = payment.stage === 'open';
  payment.stage = 'form';
  for (const id of ['pay-error', 'package-error', 'account-error']) renderMessage(id, null);
  renderFieldError('tel', null);
  renderFieldError('consent', null);
  result = failedRedirect;
  failedRedirect = null;
  renderBalance(user);
  renderPackages(packages, chosenAmount());
  renderCheckout();
  showFace('account');
  if (packages === null) void loadPackages();
  loadSdkEarly();
  refresh();
  void confirmUnconfirmed();
  // Nothing of ours may lie over a payment window.
  if (!hasOpenWindow) cancelDialog.resume();
}

async function submitAuth() {
  if (auth.working || !authFieldsAreFine()) return;
  const [name, email, password] = ['name', 'email', 'password'].map((id) => part(id).value);
  setAuthWorking(true);
  renderMessage('auth-error', null);
  try {
    if (auth.mode === 'signUp') {
      await session.signUp(email.trim(), password, name.trim());
      // From here on the account exists: when logging in fails the reader must log in, not sign up again.
      Object.assign(auth, { mode: 'logIn', note: 'signedUpNowLogIn' });
    }
    await session.logIn(email.trim(), password);
  } catch (error) {
    if (error.code === 'EMAIL_TAKEN') renderFieldError('email', () => readerTextOf(error));
    else if (error.code === 'UNAUTHENTICATED') renderMessage('auth-error', () => text('wrongCredentials'));
    else renderError('auth-error', error);
    return;
  } finally {
    setAuthWorking(false);
  }
  part('auth').reset();
  user = session.user;
  enterAccount();
  part('checkout-title').focus();
}

function authFieldsAreFine() {
  const signingUp = auth.mode === 'signUp';
  const password = part('password').value;
  const faults = [
    ['name', signingUp && part('name').value.trim() === '' && 'nameMissing'],
    ['email', !EMAIL_FORM.test(part('email').value.trim()) && 'emailWrong'],
    [
      'password',
      password === ''
        ? 'passwordMissing'
        : signingUp && password.length < PASSWORD_MIN_LENGTH && 'passwordTooShort',
    ],
  ];
  for (const [id, fault] of faults) renderFieldError(id, fault ? () => text(fault) : null);
  const firstFault = faults.find(([, fault]) => fault);
  if (firstFault) part(firstFault[0]).focus();
  return firstFault === undefined;
}

function setAuthWorking(working) {
  auth.working = working;
  renderAuth(auth);
}

function switchAuth() {
  Object.assign(auth, { mode: auth.mode === 'logIn' ? 'signUp' : 'logIn', note: null });
  for (const id of ['name', 'email', 'password']) renderFieldError(id, null);
  renderMessage('auth-error', null);
  renderAuth(auth);
  part(auth.mode === 'signUp' ? 'name' : 'email').focus();
}

async function logOut() {
  part('log-out').disabled = true;
  renderMessage('account-error', null);
  try {
    await session.logOut();
  } catch (error) {
    renderError('account-error', error);
    return;
  } finally {
    part('log-out').disabled = false;
  }
  leaveFor(null);
}

/** Nobody is logged in any more, because the reader wanted it so. @param note the key of what there is to say, or null */
function leaveFor(note) {
  leaveAccount();
  part('top-up').reset();
  methods.reset();
  auth.mode = 'logIn';
  showWelcome(note);
  part('email').focus();
}

// ---- paying

async function pay() {
  if (payment.stage !== 'form' || !choiceIsFine()) return;
  const buyer = user;
  const attempt = (payment.attempt += 1);
  const clickedAt = Date.now();
  const choice = chosen();
  renderMessage('pay-error', null);
  setStage('opening');
  try {
    if (orderOf(choice) === null) {
      const order = await makeOrder(choice);
      if (user?.id !== buyer.id) return;
      payment.order = order;
    }
    const { checkout } = payment.order;
    if (!globalThis.IMP) await loadSdk(checkout.sdkUrl);
    if (user?.id !== buyer.id) return;
    if (!isPresent(attempt)) renderCheckout();
    else if (clickStillCounts(clickedAt)) openWindow(checkout, attempt, buyer);
    else askForAnotherClick();
  } catch (error) {
    if (!isPresent(attempt) || user?.id !== buyer.id) return;
    setStage('form');
    if (error instanceof SdkUnavailable) renderMessage('pay-error', () => text('sdkUnavailable'));
    else renderError('pay-error', error);
    if (OFFER_HAS_CHANGED.includes(error.code)) void loadMethods();
    if (error.code === 'TERMS_NOT_AGREED') await askForConsentAnew();
    else part('pay').focus();
  }
}

/** The terms are others than those that this page has shown. */
async function askForConsentAnew() {
  try {
    await loadShopAnew();
  } catch (error) {
    renderError('pay-error', error);
    return;
  }
  part('consent').checked = false;
  renderShop(currentShop());
  part('consent').focus();
}

async function makeOrder(choice) {
  const { createPaymentOrder } = await session.call(CREATE_PAYMENT_ORDER, {
    ...choice,
    termsVersion: currentShop()?.consent?.version ?? null,
  });
  const { checkout } = createPaymentOrder;
  document.documentElement.dataset.testMode = String(checkout.testMode);
  return { checkout, ...choice, keptUntil: Date.now() + KEPT_ORDER_MS };
}

/** What the shopper has chosen: the variables of createPaymentOrder. */
function chosen() {
  return { amount: chosenAmount(), method: methods.chosen?.method ?? null };
}

/** The order that waits for its window, when it is for this amount and method: another one has another channel. */
function orderOf({ amount, method }) {
  const { order } = payment;
  const isIt = order !== null && order.amount === amount && order.method === method;
  return isIt && Date.now() < order.keptUntil ? order : null;
}

function openWindow(checkout, attempt, buyer) {
  const tel = needsTel(methods.chosen) ? part('tel').value.trim() : '';
  // Whatever becomes of it: the gateway has seen this order.
  payment.order = null;
  methods.keepChosen();
  setStage('open');
  openPaymentWindow(checkout, tel, (windowResult) => takeResult(windowResult, attempt, buyer));
}

/** The order took so long that the browser has forgotten the click, and would block a window that opens now. */
function askForAnotherClick() {
  setStage('form');
  part('pay').focus();
}

/** A script that comes late would cost the click; when it does not come, the pay button asks again and says so. */
function loadSdkEarly() {
  const { sdkUrl } = document.documentElement.dataset;
  if (sdkUrl) loadSdk(sdkUrl).catch(() => null);
}

function choiceIsFine() {
  const telFault = faultOfTel();
  renderMessage('package-error', chosenAmount() === null ? () => text('packageMissing') : null);
  renderFieldError('tel', telFault === null ? null : () => text(telFault));
  const isAgreed = (currentShop()?.consent ?? null) === null || part('consent').checked;
  renderFieldError('consent', isAgreed ? null : () => text('consentMissing'));
  if (chosenAmount() === null || methods.chosen === null) part('packages').querySelector('input')?.focus();
  else if (!takesAmount(methods.chosen, chosenAmount())) focusMethod(methods.chosen);
  else if (telFault !== null) part('tel').focus();
  else if (!isAgreed) part('consent').focus();
  else return true;
  return false;
}

function faultOfTel() {
  if (!needsTel(methods.chosen)) return null;
  const tel = part('tel').value.trim();
  if (tel === '') return 'telMissing';
  return TEL_FORM.test(tel) ? null : 'telWrong';
}

/** Any payment the window names is asked about at the server, however late and whatever the window says of it. */
function takeResult({ impUid, failure, gatewayText }, attempt, buyer) {
  if (isPresent(attempt)) setStage('form');
  if (impUid !== null) {
    unconfirmedPayments.keep({ impUid, userId: buyer.id, failure, gatewayText });
    void confirmUnconfirmed();
  } else if (isPresent(attempt)) {
    showResult({ outcome: 'notPaid', failure, gatewayText });
  }
}

/** For a window that never showed or never answered: the form is free again, a late answer is still taken. */
function startOver() {
  payment.attempt += 1;
  setStage('form');
  part('pay').focus();
}

function isPresent(attempt) {
  return attempt === payment.attempt;
}

function setStage(stage) {
  payment.stage = stage;
  renderCheckout();
}

function chosenPackage() {
  return packages?.find(({ amount }) => amount === chosenAmount()) ?? null;
}

function chosenAmount() {
  const checked = part('packages').querySelector('input:checked');
  return checked === null ? null : Number(checked.value);
}

// ---- confirming

async function confirmUnconfirmed() {
  if (user === null) return;
  if (confirming) {
    askNow();
    return;
  }
  confirming = true;
  try {
    const asked = new Set();
    for (;;) {
      const next = user && unconfirmedPayments.of(user.id).find(({ impUid }) => !asked.has(impUid));
      if (!next) return;
      asked.add(next.impUid);
      await confirmOne(next);
    }
  } finally {
    confirming = false;
  }
}

async function confirmOne(unconfirmed) {
  const { impUid, failure, gatewayText } = unconfirmed;
  const payer = user;
  const confirmed = await confirmPayment(
    unconfirmed,
    async () => {
      if (user?.id !== payer.id) throw new ApiError('UNAUTHENTICATED', 'the payer has logged out');
      showResult({ outcome: 'checking', impUid });
      return (await session.call(CREATE_POINT_TRANSACTION, { impUid })).createPointTransaction;
    },
    (error) => {
      if (user?.id === payer.id) showResult({ outcome: 'checking', impUid, error });
    },
  );
  if (confirmed.isForAnother) unconfirmedPayments.leaveToPayer(impUid, payer.id);
  else if (!['undecided', 'loginNeeded'].includes(confirmed.outcome)) unconfirmedPayments.forget(impUid);
  if (user?.id !== payer.id || confirmed.outcome === 'loginNeeded') return;
  if (confirmed.outcome === 'awaitingDeposit') {
    await showAwaited({ impUid, failure, gatewayText });
    return;
  }
  showResult({ ...confirmed, impUid, failure, gatewayText });
  if (confirmed.outcome !== 'credited') return;
  user = { ...user, ...confirmed.transaction.user };
  renderBalance(user);
  renderPackages(packages, null);
  renderCheckout();
  session.tellPointsChanged();
  refresh();
}

/** A virtual account was issued: its card takes the place of the result. */
async function showAwaited(payment) {
  const payer = user;
  await deposits.load();
  if (user?.id !== payer.id) return;
  const { impUid } = payment;
  const card = deposits.cards.find(({ order }) =>
    order.deposits.some((account) => account.impUid === impUid),
  );
  if (card === undefined) {
    // Its account could not be read just now.
    unconfirmedPayments.keep({ ...payment, userId: user.id });
    showResult({ outcome: 'undecided', ...payment, error: deposits.error });
    return;
  }
  result = null;
  renderCheckout();
  focusDeposit(card.order.merchantUid);
}

function checkAgain() {
  const { impUid, failure = null, gatewayText = '' } = result;
  if (!confirming) unconfirmedPayments.keep({ impUid, userId: user.id, failure, gatewayText });
  void confirmUnconfirmed();
}

function showResult(shown) {
  const isNew = result?.outcome !== shown.outcome;
  result = shown;
  renderCheckout();
  if (isNew) part('result-title').focus();
}

function closeResult() {
  result = null;
  renderCheckout();
  part('checkout-title').focus();
}

/** A phone comes back here from the gateway. Only the server decides what the address is worth. */
function takeRedirect() {
  const redirected = readRedirect(location.search);
  if (redirected === null) return;
  const { impUid, failure } = redirected;
  if (impUid === null) failedRedirect = { outcome: 'notPaid', ...redirected };
  const isSafe =
    impUid === null || unconfirmedPayments.keep({ impUid, userId: null, failure, gatewayText: '' });
  // Where nothing can be stored the address stays, so that a reload still knows the payment.
  if (isSafe) window.history.replaceState(null, '', location.pathname);
}

// ---- waiting for deposits

function takeEndedDeposit({ order, end }) {
  giveUpDialog.take(order);
  renderMessage('deposits-news', () => endInWords({ order, end }));
  if (end !== 'PAID') return;
  session.tellPointsChanged();
  void history.load();
}

async function isStillAwaited(merchantUid) {
  await deposits.load();
  return orderThatWaits(merchantUid) !== undefined;
}

async function copyNumber(merchantUid) {
  deposits.noteCopied(merchantUid, await copyTextOf(depositNumber(merchantUid)));
}

function closeDeposit(merchantUid) {
  deposits.close(merchantUid);
  const [next] = deposits.cards;
  if (!next || !focusDeposit(next.order.merchantUid)) part(focusOfCheckout()).focus();
}

function focusOfCheckout() {
  return result === null ? 'checkout-title' : 'result-title';
}

const DEPOSIT_ACTS = {
  copy: copyNumber,
  report: (merchantUid) => deposits.report(merchantUid),
  'give-up': (merchantUid) => giveUpDialog.open(orderThatWaits(merchantUid)),
  close: closeDeposit,
};

function orderThatWaits(merchantUid) {
  return deposits.waiting.find(({ order }) => order.merchantUid === merchantUid)?.order;
}

// ---- cancelling

function openCancelDialog(impUid) {
  const payment = history.transactions.find((row) => row.impUid === impUid && row.status === 'PAYMENT');
  closeCancelNotice();
  cancelDialog.open(payment);
}

/** @param ended what became of a cancellation that was confirmed in the dialog */
function takeCancellation(ended, isShown) {
  const { cancellation } = ended;
  if (cancellation?.pointTransaction) takeUser(cancellation.pointTransaction.user);
  if (cancellation) session.tellPointsChanged();
  if (cancellation) void history.add(cancellation);
  else void history.load();
  // An open one has a place of its own in the history, and news follows.
  if (ended.outcome !== 'pending') noticeEnd(ended, { isShown });
}

/** Says in the history how a cancellation ended, unless the dialog says it. */
function noticeEnd(ended, { isShown }) {
  if (isShown || (ended.cancellation && cancelDialog.take(ended))) return;
  cancelNotice = ended;
  renderAccountHistory();
}

function closeCancelNotice() {
  cancelNotice = null;
  renderAccountHistory();
}

// ---- what the account shows

async function loadPackages() {
  renderMessage('package-error', null);
  part('packages-again').hidden = true;
  renderPackages(null, null);
  try {
    const { packages: offered, paymentMethods } = await session.call(OFFER);
    packages = offered;
    methods.take(paymentMethods);
    renderPackages(packages, null);
    renderCheckout();
  } catch (error) {
    for (const id of ['packages', 'methods']) part(id).replaceChildren();
    renderError('package-error', error);
    part('packages-again').hidden = false;
  }
}

/** What is offered may have changed since the page was loaded, and its names are in one language. */
async function loadMethods() {
  try {
    methods.take((await session.call(OFFER)).paymentMethods);
    renderCheckout();
  } catch (error) {
    // What is shown stays: whoever pays is told what is wrong.
    if (!(error instanceof ApiError)) throw error;
  }
}

/** Everything that this account shows may have changed elsewhere. */
function refresh() {
  refreshedAt = Date.now();
  isOutdated = false;
  void history.load();
  void deposits.load();
}

function refreshIfSeen() {
  if (user === null || document.hidden) return;
  if (isOutdated || Date.now() - refreshedAt >= REFRESH_PAUSE_MS) refresh();
}

/** Another tab has news. One that nobody sees asks when it is looked at. */
function refreshWhenSeen() {
  isOutdated = true;
  refreshIfSeen();
}

function takeUser(told) {
  // The answer may come after this user has left.
  if (user?.id !== told.id) return;
  user = { ...user, ...told };
  renderBalance(user);
  renderCheckout();
  cancelDialog.render();
}

function renderAccountHistory() {
  if (user !== null) renderHistory(history, cancelDialog.askedFor, cancelNotice);
}

function renderAccountDeposits() {
  if (user !== null) renderDeposits(deposits);
}

function renderCheckout() {
  if (user === null) return;
  renderMethods(methods, chosenAmount());
  renderPayBar(payment, chosenPackage(), orderOf(chosen()) !== null, user);
  renderResult(result);
}

/** Its words may differ; those of before stay where the server cannot be reached. */
async function showShopInLanguage() {
  try {
    await loadShop();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return;
  }
  renderShop(currentShop());
  cancelDialog.render();
}

function renderEverything() {
  renderFixedTexts();
  renderShop(currentShop());
  renderLogin();
  if (user === null) return;
  renderBalance(user);
  renderPackages(packages, chosenAmount());
  renderAccountHistory();
  renderAccountDeposits();
  renderCheckout();
  cancelDialog.render();
  giveUpDialog.render();
  paymentDialog.render();
}

function renderError(id, error) {
  // For the console, and for the net below the page (guard.js).
  if (!(error instanceof ApiError)) void Promise.reject(error);
  renderMessage(id, () => readerTextOf(error));
}

function readerTextOf(error) {
  return error instanceof ApiError ? error.readerText : text('unexpected');
}

function onSubmit(id, act) {
  part(id).addEventListener('submit', (event) => {
    event.preventDefault();
    void act();
  });
}

function onClick(id, act) {
  part(id).addEventListener('click', () => void act());
}

onSubmit('auth', submitAuth);
onSubmit('top-up', pay);
onClick('switch-auth', switchAuth);
onClick('log-out', logOut);
onClick('own-account', () => accountDialog.open());
onClick('host-log-in', () => session.logIn());
onClick('connect-again', start);
onClick('packages-again', loadPackages);
onClick('start-over', startOver);
onClick('check-again', checkAgain);
onClick('result-close', closeResult);
onClick('history-more', () => history.loadMore());
onClick('cancel-notice-close', () => {
  closeCancelNotice();
  part('history-title').focus();
});
part('history').addEventListener('click', ({ target }) => {
  const row = target.closest('li');
  if (target.closest('.row-cancel')) openCancelDialog(row.dataset.impUid);
  if (target.closest('.row-details')) paymentDialog.open(row.dataset.impUid);
});
part('open-cancellations').addEventListener('click', ({ target }) => {
  if (target.closest('button')) void history.follow({ atOnce: true });
});
part('deposit-cards').addEventListener('click', ({ target }) => {
  const button = target.closest('[data-act]');
  if (button) void DEPOSIT_ACTS[button.dataset.act](button.closest('li').dataset.merchantUid);
});
part('awaited-deposits').addEventListener('click', ({ target }) => {
  if (target.closest('button')) focusDeposit(target.closest('li').dataset.merchantUid);
});
onClick('language', async () => {
  switchLanguage();
  renderEverything();
  if (user !== null && methods.offered !== null) void loadMethods();
  await showShopInLanguage();
});
part('top-up').addEventListener('change', ({ target }) => {
  if (target.name === 'method') methods.choose(target.value);
  renderMessage('package-error', null);
  if (target.id !== 'tel') renderFieldError('tel', null);
  renderFieldError('consent', null);
  renderCheckout();
});
// While it is typed and not when the field is left: the pay button would move away from under the click that leaves it.
part('tel').addEventListener('input', () => renderFieldError('tel', null));
globalThis.addEventListener('online', () => {
  if (!part('connection-problem').hidden) void start();
  else {
    void confirmUnconfirmed();
    cancelDialog.askAgain();
    if (history.openCancellations.length > 0) void history.follow({ atOnce: true });
    if (user !== null) void deposits.load();
  }
});
document.addEventListener('visibilitychange', () => {
  // Browsers slow down the clocks of pages that nobody sees.
  if (!document.hidden && history.openCancellations.length > 0) void history.follow({ atOnce: true });
  if (!document.hidden) void deposits.follow();
  refreshIfSeen();
});
globalThis.addEventListener('focus', refreshIfSeen);
globalThis.addEventListener('pageshow', ({ persisted }) => {
  // Back from the gateway by the back button: the page is as it was left, and its window is gone.
  if (persisted && payment.stage !== 'form') startOver();
});

setInterval(() => {
  if (!document.hidden && deposits.waiting.length > 0) renderAccountDeposits();
}, TIME_LEFT_PAUSE_MS);

listenForPapers();
renderEverything();
takeRedirect();
document.documentElement.dataset.started = '';
part('page-problem').hidden = true;
void start();
