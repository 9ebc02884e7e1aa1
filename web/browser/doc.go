// Package browser serves the script by which an operator's own pages keep the
// policy's promises about cookies and other trackers, and takes what people choose.
//
//	<script src="https://privacy.example/browser/club/avow.js"></script>
//
// stands first in the head of a page. Until the person has agreed, the browser
// itself then refuses every host and cookie that is not necessary or not
// declared; scripts, frames and pictures that carry data-avow="NAME" wait for the
// choice of the tracker of that name. gate.js is the same without a banner, for
// sites that ask by themselves.
//
// What people choose is recorded as an agreement of a visitor, whose random name
// stands in their browser only, and answered with a receipt.
//
// The script is TypeScript in script/, bundled into dist/ by go generate with
// esbuild; no Node is needed. Its banner is vanilla-cookieconsent 3.1.0 by Orest
// Bida, under the MIT licence beside it.
package browser

//go:generate go run avow.dev/web/internal/bundle dist gate.js=gate-alone.ts avow.js=banner.ts
