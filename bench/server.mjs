// A program of its own: our built server against the bench's gateway.
//
// With NODE_ENV=production the settings take no gateway but iamport's own, and rightly so. The libraries read NODE_ENV
// too, graphql and express when they are loaded, so they are loaded under the production that they are measured for,
// and only then our settings are told that this is no production.
//
// BENCH_SERVER is the folder of the server: `bundle`, which is what runs in production, or `.`, where each package has its
// own files, which is what a profile needs.
const folder = new URL(`../dist/${process.env.BENCH_SERVER}/`, import.meta.url);
process.env.NODE_ENV = 'production';
await import(new URL('app.module.js', folder));
process.env.NODE_ENV = 'bench';
await import(new URL('main.js', folder));
