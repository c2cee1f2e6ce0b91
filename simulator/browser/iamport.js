/*
 * The simulator's stand-in for https://cdn.iamport.kr/v1/iamport.js: the same global `IMP` with the same functions.
 * It opens the simulator's payment window in a frame over the page (PC) or goes there with the whole page (phone).
 * Everything else (checks, the payment, the result) is decided by the window, so a page needs to allow this script and
 * a frame from this origin and nothing more.
 */
(() => {
  'use strict';

  const simulatorOrigin = new URL(document.currentScript.src, location.href).origin;
  const MESSAGE_SOURCE = 'iamport-simulator';
  const OPEN_TIMEOUT_MS = 15_000;

  let userCode = null;
  let tierCode = null;
  /** The open window: { frame, dialog, finish } or null. */
  let current = null;

  function init(code) {
    userCode = code;
    tierCode = null;
  }

  /** documented: sub-merchants are named by a tier code. Accepted; the simulator has one shop only. */
  function agency(code, tier) {
    userCode = code;
    tierCode = tier;
  }

  /**
   * Starts a payment. The callback may be left out (a phone never calls it: it comes back by m_redirect_url).
   * The promise is resolved with what the callback gets (assumed); without `init` it is rejected after an alert
   * (read in the real script).
   */
  function request_pay(params, callback) {
    if (userCode === null) {
      const text =
        '가맹점 식별코드가 설정되지 않았습니다. IMP.init을 먼저 호출하세요. / Call IMP.init first.';
      alert(text);
      return Promise.reject({ error_msg: text });
    }
    return new Promise((resolve) => {
      const answer = (result) => {
        if (typeof callback === 'function') callback(result);
        resolve(result);
      };
      if (current !== null) {
        answer(refusal(params, 'F400', '결제창이 이미 열려 있습니다.'));
        return;
      }
      openWindow({ ...params }, typeof callback === 'function', answer);
    });
  }

  function openWindow(params, hasCallback, answer) {
    const isMobile = /Android|iPhone|iPad|iPod|Mobile/i.test(navigator.userAgent);
    const request = {
      user_code: userCode,
      tier_code: tierCode,
      is_mobile: isMobile,
      shop_url: location.origin + location.pathname,
      params,
    };
    const frame = document.createElement('iframe');
    frame.src = `${simulatorOrigin}/window#${encodeURIComponent(JSON.stringify(request))}`;
    frame.title = 'iamport simulator';
    frame.allow = 'payment';
    const dialog = isMobile ? hiddenHost(frame) : overlay(frame);

    const onMessage = (event) => {
      if (event.origin !== simulatorOrigin || event.source !== frame.contentWindow) return;
      if (event.data?.source !== MESSAGE_SOURCE) return;
      if (event.data.type === 'opened') {
        clearTimeout(openTimer);
        if (isMobile) {
          // Ended first: the page may come back from the browser's cache and start another payment.
          finish();
          location.assign(event.data.window_url);
        }
      }
      if (event.data.type === 'refused' || event.data.type === 'finished') {
        finish();
        // observed: on a phone a refusal before the window goes to the callback, and without one to m_redirect_url.
        if (isMobile && !hasCallback && event.data.redirect_url) location.assign(event.data.redirect_url);
        else answer(event.data.result);
      }
    };
    const finish = () => {
      clearTimeout(openTimer);
      window.removeEventListener('message', onMessage);
      current = null;
      dialog.end();
    };
    const openTimer = setTimeout(() => {
      finish();
      // The result has no imp_uid when the gateway cannot be reached (read in the real script).
      answer({
        merchant_uid: params.merchant_uid,
        error_code: 'F500',
        error_msg: '결제 창 호출에 실패하였습니다.',
      });
    }, OPEN_TIMEOUT_MS);
    current = { finish };
    window.addEventListener('message', onMessage);
    dialog.begin();
  }

  /** A modal dialog over everything: the page behind cannot be reached by keyboard, and focus returns at the end. */
  function overlay(frame) {
    const dialog = document.createElement('dialog');
    dialog.dataset.iamportSimulator = 'overlay';
    dialog.setAttribute('aria-label', 'iamport simulator');
    Object.assign(dialog.style, {
      position: 'fixed',
      inset: '0',
      width: '100vw',
      height: '100dvh',
      maxWidth: 'none',
      maxHeight: 'none',
      margin: '0',
      padding: '0',
      border: '0',
      background: 'transparent',
      overflow: 'hidden',
    });
    Object.assign(frame.style, {
      display: 'block',
      width: '100%',
      height: '100%',
      border: '0',
      background: 'transparent',
      // Another colour scheme than the framed page's would make the frame opaque.
      colorScheme: 'light',
    });
    dialog.append(frame);
    // Escape is for the window to decide: it tells the gateway first.
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      frame.contentWindow.postMessage({ source: MESSAGE_SOURCE, type: 'close' }, simulatorOrigin);
    });
    let isOpen = false;
    dialog.addEventListener('close', () => {
      // A browser closes a dialog by itself when Escape is pressed again and again.
      if (isOpen) dialog.showModal();
    });
    frame.addEventListener('load', () => frame.focus());
    const overflowBefore = document.documentElement.style.overflow;
    return {
      begin() {
        document.body.append(dialog);
        document.documentElement.style.overflow = 'hidden';
        isOpen = true;
        dialog.showModal();
      },
      end() {
        isOpen = false;
        document.documentElement.style.overflow = overflowBefore;
        dialog.close();
        dialog.remove();
      },
    };
  }

  /** On a phone the frame only opens the payment; what the buyer sees is the whole page. */
  function hiddenHost(frame) {
    frame.hidden = true;
    return {
      begin: () => document.body.append(frame),
      end: () => frame.remove(),
    };
  }

  function refusal(params, code, text) {
    return {
      success: false,
      imp_uid: null,
      merchant_uid: params?.merchant_uid ?? null,
      error_code: code,
      error_msg: text,
    };
  }

  function certification(params, callback) {
    const result = refusal(
      params,
      'NOT_SUPPORTED',
      '시뮬레이터는 본인인증을 지원하지 않습니다. / Not supported by the simulator.',
    );
    if (typeof callback === 'function') callback(result);
    return Promise.resolve(result);
  }

  /** documented names of the real script that have nothing to do here; they say so instead of being missing. */
  function notSupported(name) {
    return () => Promise.reject(new Error(`IMP.${name} is not supported by the simulator`));
  }

  /** Takes the window away without asking the gateway and without a callback (assumed). */
  function close() {
    current?.finish();
  }

  function deinit() {
    close();
    userCode = null;
    tierCode = null;
  }

  window.IMP = {
    init,
    agency,
    request_pay,
    certification,
    close,
    deinit,
    communicate: notSupported('communicate'),
    loadUI: notSupported('loadUI'),
    updateLoadUIRequest: notSupported('updateLoadUIRequest'),
    loadModule: notSupported('loadModule'),
    naver_zzim: notSupported('naver_zzim'),
  };
})();
