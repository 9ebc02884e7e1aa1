package browser_test

import (
	"testing"

	"avow.dev/internal/chromium/browsertest"
)

// settles is a page whose own script registers service workers and writes files of the
// site's own, whatever anybody chose. Files further in hang on the name at the root.
const settles = `(async () => {
	const out = [];
	const tries = async (what, act) => { try { await act(); out.push(what); } catch (e) { if (e.name != "SecurityError") out.push(what + ": " + e); } };
	for (const name of ["ac_theme", "stray"]) {
		await tries("worker " + name, () => navigator.serviceWorker.register("/workers/" + name));
		const root = await navigator.storage.getDirectory();
		await tries("file " + name, () => root.getFileHandle(name, {create: true}));
		await root.removeEntry(name).catch(() => {});
		await tries("folder " + name, async () => (await root.getDirectoryHandle(name, {create: true})).getFileHandle("anything", {create: true}));
	}
	return out.join(", ");
})()`

// settled is all that the browser keeps of the site by these ways.
const settled = `(async () => {
	const out = (await navigator.serviceWorker.getRegistrations()).map(r => "worker " + new URL((r.active ?? r.waiting ?? r.installing).scriptURL).pathname);
	for await (const name of (await navigator.storage.getDirectory()).keys()) out.push("file " + name);
	return out.sort().join(", ");
})()`

// remains waits until the browser keeps just this.
func remains(t *testing.T, p *browsertest.Page, what, want string) {
	t.Helper()
	browsertest.Eval[any](p, `(async () => { for (let i = 0; i < 200 && await `+settled+` !== "`+want+`"; i++) await new Promise(r => setTimeout(r, 20)) })()`)
	if got := browsertest.Eval[string](p, settled); got != want {
		t.Errorf("%s: the browser keeps %q, want %q", what, got, want)
	}
}

// TestServiceWorkersAndFilesWait: what would outlive the page by these ways waits for a
// choice like any other storage, goes when it is taken back, and does not get in undeclared.
func TestServiceWorkersAndFilesWait(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.Goto(w.url())
	ready(p)
	if got := browsertest.Eval[string](p, settles); got != "" {
		t.Errorf("before a choice a script could keep %s", got)
	}
	remains(t, p, "before a choice", "")

	p.Click(accept)
	p.Until(`window.avow && avow.decided() && avow.allowed("ac_theme") && document.readyState == "complete"`)
	p.Reload()
	ready(p)
	if got, want := browsertest.Eval[string](p, settles), "worker ac_theme, file ac_theme, folder ac_theme"; got != want {
		t.Errorf("after a yes a script could keep %q, want %q", got, want)
	}
	all := "file ac_theme, worker /workers/ac_theme"
	remains(t, p, "after a yes", all)
	p.Reload()
	ready(p)
	remains(t, p, "on the next page", all)

	p.Click("[data-avow-open]")
	p.See(centre)
	p.Click("#cc-main .pm [data-role=necessary]")
	p.Until(`window.avow && avow.decided() && !avow.allowed("ac_theme") && document.readyState == "complete" && !document.body.dataset.widget`)
	remains(t, p, "after taking it back", "")
	p.Quiet()
}

// TestStrayWorkersAndFilesGo: what is there already goes, and everything with a deletion.
func TestStrayWorkersAndFilesGo(t *testing.T) {
	t.Parallel()
	w := world0(t)
	w.head = "<!-- no script -->"
	p := browsertest.Open(t)
	p.Goto(w.url())
	if got, want := browsertest.Eval[string](p, settles), "worker ac_theme, file ac_theme, folder ac_theme, worker stray, file stray, folder stray"; got != want {
		t.Fatalf("without the script a page can keep %q, want %q", got, want)
	}
	w.head = ""
	p.Goto(w.url())
	ready(p)
	remains(t, p, "what was there already", "")

	p.Click(accept)
	p.Until(`window.avow && avow.decided() && avow.allowed("ac_theme") && document.readyState == "complete"`)
	p.Reload()
	ready(p)
	browsertest.Eval[string](p, settles)
	browsertest.Eval[any](p, `void avow.forget()`)
	p.Until(`window.avow && !avow.decided() && document.documentElement.classList.contains("show--consent")`)
	remains(t, p, "after forgetting", "")
}
