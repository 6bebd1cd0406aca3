# Tags, so that a rebuild picks up the fixes of both bases without a commit here. .github/workflows/release.yml passes
# `name@sha256:…` in these two, and the labels below keep them. Debian 13, because distroless no longer builds Node.js on
# Debian 12.
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot

# On the machine that builds, whatever the platform of the image: a bundle is the same everywhere.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# With optional packages: esbuild's program is one of them. Nothing of this node_modules is shipped but what the bundle
# has of it.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY scripts ./scripts
COPY src ./src
COPY bin ./bin
# Files keep the modes of the checkout, and after a strict umask nobody but root could read them in the last stage.
RUN npm run build && chmod -R a+rX package.json bin dist scripts

FROM ${RUNTIME_IMAGE} AS runtime
# Where `node` is: /nodejs/bin in distroless, /usr/local/bin in the images of Node.js. Container runtimes look the first
# word of ENTRYPOINT up here, without a shell, so either base will do.
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
ENV NODE_ENV=production
# In a container of 256 MiB, V8 gives new objects 1 MiB, and one review of 60 KB makes more of them. 4 MiB save a sixth
# of the CPU there and a third at 300 KB. The heap as a whole has no flag: Node.js sizes it by the cgroup, and a lower
# cap did not lower the peak, because what grows under load, the request bodies, lies outside of it.
ENV NODE_OPTIONS=--max-semi-space-size=4
# For the C library, which has the bodies of requests and what OpenSSL and the compiler need. By default it keeps what was
# freed between pieces still in use: 120 MB after 200,000 reviews, and 97 MB with these. Its memory grows by no more than it
# needs; pieces from 32 KiB on get pages of their own; more than 1 MiB free at the end goes back.
ENV MALLOC_TOP_PAD_=0
ENV MALLOC_MMAP_THRESHOLD_=32768
ENV MALLOC_TRIM_THRESHOLD_=1048576
# Numbers: Kubernetes cannot tell from a name that it is not root (runAsNonRoot).
USER 65532:65532

# What V8 makes of the source, made once, by the Node.js, the user and the flags of the image: it saves a sixth of the
# start. A Node.js for which it was not made ignores it, and so does one that runs as another user.
FROM runtime AS cache
COPY --from=build /app /app
RUN ["node", "/app/scripts/compile-cache.ts", "/tmp/compile-cache"]

FROM runtime
# What changes least comes first. All of it belongs to root, so that the process cannot rewrite its own program; WORKDIR
# comes after, because a directory that it has to make belongs to the user of the base. There is no node_modules: dist has
# all that runs.
COPY --from=build /app/package.json /app/package.json
COPY --from=build /app/bin /app/bin
COPY --from=build /app/dist /app/dist
COPY --from=cache /tmp/compile-cache /app/compile-cache
WORKDIR /app
ENV NODE_COMPILE_CACHE=/app/compile-cache

# Without a value here: that of the top, or of the build.
ARG BUILD_IMAGE
ARG RUNTIME_IMAGE
ARG SOURCE=""
LABEL org.opencontainers.image.title="holdfast" \
      org.opencontainers.image.description="An admission webhook that keeps the stateful workloads of the Prometheus stack safe to upgrade and safe to stop" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${RUNTIME_IMAGE}" \
      dev.holdfast.build-image="${BUILD_IMAGE}" \
      org.opencontainers.image.source="${SOURCE}"

EXPOSE 8443 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/bin/holdfast.cjs"]
CMD ["serve"]
