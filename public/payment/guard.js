/*
 * The net below the page, in words that every browser reads: whatever keeps the page's own scripts from working, the
 * reader gets words and a way out and never an empty page or a dead button. It is no module, so that it runs where
 * modules do not.
 */
(function () {
  'use strict';

  // Long enough for a slow phone; a page that starts later takes its words back.
  var START_LIMIT_MS = 20000;
  var root = document.documentElement;
  var failed = false;

  root.className += ' scripted';

  function hasStarted() {
    return root.getAttribute('data-started') !== null;
  }

  /** Takes the place of what is loading, or stands above what the reader has already. */
  function fail() {
    failed = true;
    var problem = document.getElementById('page-problem');
    if (!problem) return;
    problem.hidden = false;
    var loading = document.getElementById('loading');
    if (!loading || loading.hidden) return;
    loading.hidden = true;
    document.getElementById('page').setAttribute('aria-busy', 'false');
  }

  /** Scripts of others, the gateway's or an extension's, fail for themselves. */
  function isOurs(address) {
    return String(address || '').indexOf(location.origin + '/payment/') !== -1;
  }

  /** A script that threw, or one that did not come: that kind of event goes to its element alone. */
  function takeError(event) {
    var source = event.target && event.target.src ? event.target.src : event.filename;
    if (isOurs(source)) fail();
  }

  window.addEventListener('error', takeError, true);
  window.addEventListener('unhandledrejection', function (event) {
    if (event.reason && isOurs(event.reason.stack)) fail();
  });
  document.addEventListener('DOMContentLoaded', function () {
    var knowsModules = 'noModule' in document.createElement('script');
    if (!knowsModules || (failed && !hasStarted())) fail();
  });
  setTimeout(function () {
    if (!hasStarted()) fail();
  }, START_LIMIT_MS);
})();
