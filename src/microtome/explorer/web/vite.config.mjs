// SPDX-License-Identifier: Apache-2.0
// One classic script and one style sheet, so that index.html also runs when it is opened from disk: browsers load
// neither modules nor fetched data from file://.

// While the pages are written: index.html asks for app.js as ever and gets the sources; data and images come from a
// running `microtome explore`.
const kDevelop = {
  name: "develop",
  configureServer(server) {
    const files = {
      "/app.js": ["text/javascript", 'import("/@vite/client").then(() => import("/src/main.tsx"));'],
      "/app.css": ["text/css", ""],
    };
    server.middlewares.use((request, response, next) => {
      const file = files[request.url];
      if (request.url === "/") request.url = "/index.html";
      if (!file) return next();
      response.setHeader("Content-Type", file[0]);
      response.end(file[1]);
    });
  },
};

const served = process.env.MICROTOME_SERVED ?? "http://127.0.0.1:8420";

export default {
  base: "./",
  plugins: [kDevelop],
  resolve: { preserveSymlinks: true }, // the sources are seen through links, beside their packages
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  server: { proxy: { "/data": served, "/images": served } },
  build: {
    target: "es2020",
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: "src/main.tsx",
      output: { format: "iife", entryFileNames: "app.js", assetFileNames: "app[extname]" },
    },
  },
};
