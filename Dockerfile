# docker build .                        the server for production (default)
# docker build --target development .   with the development packages: GraphQL page, simulator

FROM node:24-bookworm-slim AS development
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY simulator/package.json ./simulator/
RUN npm ci
COPY tsconfig*.json nest-cli.json ./
COPY scripts ./scripts
COPY src ./src
COPY simulator ./simulator
RUN npm run build
COPY public ./public
# The embedded database and the simulator's payments; a volume put here belongs to the same user.
RUN mkdir data && chown node:node data
VOLUME /app/data
USER node
EXPOSE 3000
CMD ["node", "--enable-source-maps", "dist/bundle/main.js"]

FROM development AS without-development-packages
USER root
# What only the simulator needs goes, too.
RUN npm pkg delete workspaces && npm prune --omit=dev

FROM node:24-bookworm-slim AS production
ENV NODE_ENV=production
# With the arguments of the last line it needs less than 256 MiB (on SQLite 290). A small machine has others: docs/performance.md.
ENV MALLOC_ARENA_MAX=1
WORKDIR /app
COPY package.json ./
COPY --from=without-development-packages /app/node_modules ./node_modules
COPY --from=without-development-packages /app/dist ./dist
COPY public ./public
RUN mkdir data && chown node:node data
VOLUME /app/data
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "--max-semi-space-size=16", "--heap-growing-percent=60", "--no-allocation-site-pretenuring", "dist/bundle/main.js"]
