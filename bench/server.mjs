// A program of its own: our built server against the bench's gateway.
//
// With NODE_ENV=production the settings take no gateway but iamport's own, and rightly so. The libraries read NODE_ENV
// too, graphql and express when they are loaded, so they are loaded under the production that they are measured for,
// and only then our settings are told that this is no production.
process.env.NODE_ENV = 'production';
await import('../dist/bundle/app.module.js');
process.env.NODE_ENV = 'bench';
await import('../dist/bundle/main.js');
