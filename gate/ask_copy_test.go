package gate_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"io"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// reviewing is the house whose copies so many people agree to.
func reviewing(t *testing.T, approvals string) (*world, string) {
	t.Helper()
	w := setupProgram(t, house(t, "\n  - {id: to-see, right: access, how: [api]}", "\n  - {id: to-see, right: access, how: [api]}\n  - {id: to-take, right: copy, how: [api], effect: on-review"+approvals+", refuse_only_for: [excessive]}"))
	must(t, w.joinHouse("li", item("name", "Li"), item("phone", "13800001111")))
	a, err := w.ask("copy")
	if must(t, err); a.State != gate.AskOpen {
		t.Fatalf("carried out at once: %v", a.State)
	}
	return w, a.ID
}

func (w *world) preview(request string, by gate.Officer, o *gate.Look) *gate.Parcel {
	w.t.Helper()
	p, _, _, err := w.PreviewCopy(w.t.Context(), "club", request, by, o)
	must(w.t, err)
	return p
}

func (w *world) release(request string, what [32]byte) error {
	w.t.Helper()
	_, err := w.AnswerRequest(w.t.Context(), &gate.Answering{Policy: "club", Request: request, By: "desk", Text: text("Here it is."), Copy: what})
	return err
}

// TestACopyGoesOutAsItWasSeen: what the officer saw is what the person fetches, to the
// last byte, and its digest stands in the evidence of both.
func TestACopyGoesOutAsItWasSeen(t *testing.T) {
	t.Parallel()
	w, id := reviewing(t, "")
	masked := *forRequest
	masked.Masked = true
	p, items, _, err := w.PreviewCopy(t.Context(), "club", id, desk, &masked)
	must(t, err)
	for _, it := range items {
		if string(it.Value.Expose()) != "•••" {
			t.Errorf("%s is shown to whoever did not ask for it", it.Datum)
		}
	}
	full, items, _, err := w.PreviewCopy(t.Context(), "club", id, desk, forRequest)
	if must(t, err); len(items) != 2 || full.SHA256 != p.SHA256 || full.Size != p.Size {
		t.Fatalf("%d values, %+v and %+v", len(items), full, p)
	}
	if len(p.Files) != 1 || p.Files[0].Name != "data.json" || len(p.Data) != 2 || p.Data[0].Values != 1 || p.Data[0].Bytes == 0 {
		t.Errorf("%+v", p)
	}
	if err := w.release(id, [32]byte{1}); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("another digest: %v", err)
	}
	if err := w.release(id, [32]byte{}); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("none: %v", err)
	}
	w.pass(time.Hour)
	must(t, w.release(id, p.SHA256))
	if err := w.release(id, p.SHA256); err == nil {
		t.Error("released twice")
	}
	wait, err := w.Packages(t.Context(), "club", "li")
	if must(t, err); len(wait) != 1 || wait[0].Size != p.Size || !wait[0].Until.Equal(w.clock().Add(gate.ReviewedLife)) {
		t.Fatalf("%+v", wait)
	}
	_, content, err := w.Unpack(t.Context(), "club", "li", wait[0].ID)
	if must(t, err); sha256.Sum256(content) != p.SHA256 {
		t.Error("what waits is not what was seen")
	}
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	must(t, err)
	f, err := z.Open("data.json")
	must(t, err)
	raw, err := io.ReadAll(f)
	if must(t, err); !strings.Contains(string(raw), "13800001111") || !strings.Contains(string(raw), `"Li"`) {
		t.Errorf("%s", raw)
	}
	seen := 0
	for _, l := range w.leaves() {
		if l.Detail == p.SHA256 && (l.Kind == evidence.AskRead || l.Kind == evidence.Copied) {
			seen++
		}
	}
	if seen != 3 {
		t.Errorf("%d leaves have the digest", seen)
	}
}

// TestACopyOfTwoPeople: not by one of them, by whichever account, nor by a yes to
// something else, nor by one that was given before the data changed.
func TestACopyOfTwoPeople(t *testing.T) {
	t.Parallel()
	w, id := reviewing(t, ", approvals: 2")
	approve := func(by gate.Officer, what [32]byte) error {
		_, _, err := w.ApproveCopy(t.Context(), "club", id, by, what)
		return err
	}
	if err := approve(bo, [32]byte{}); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("before anything was put forward: %v", err)
	}
	p := w.preview(id, ann, forRequest)
	if p.Wanted != 2 || p.Ready() {
		t.Fatalf("%+v", p)
	}
	if err := w.release(id, p.SHA256); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("one person is enough: %v", err)
	}
	for _, by := range []gate.Officer{ann, ann2, {Via: "program"}} {
		if err := approve(by, p.SHA256); avow.CodeOf(err) != avow.Forbidden {
			t.Errorf("%+v: %v", by, err)
		}
	}
	if err := approve(bo, [32]byte{1}); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("something else: %v", err)
	}
	must(t, approve(bo, p.SHA256))
	if err := approve(bo, p.SHA256); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("twice: %v", err)
	}
	if again := w.preview(id, bo, forRequest); !again.Ready() || again.Proposal.By != ann {
		t.Error("who looks again at the same voids what others said")
	}
	w.restart()

	_, err := w.Correct(t.Context(), "club", "li", []gate.Item{item("phone", "13900002222")})
	must(t, err)
	if err := w.release(id, p.SHA256); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("after the data changed: %v", err)
	}
	if err := approve(cleo, p.SHA256); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("a yes to what is gone: %v", err)
	}
	q := w.preview(id, bo, forRequest)
	if q.SHA256 == p.SHA256 || len(q.Proposal.Approved) != 0 || q.Ready() {
		t.Fatalf("the approval of before holds: %+v", q.Proposal)
	}
	if err := w.release(id, q.SHA256); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("by bo alone: %v", err)
	}
	_, err = w.Correct(t.Context(), "club", "li", []gate.Item{item("phone", "13800001111")})
	must(t, err)
	if err := w.release(id, p.SHA256); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("the value came back, and the old approval with it: %v", err)
	}
	r := w.preview(id, ann, forRequest)
	must(t, approve(bo, r.SHA256))
	must(t, w.release(id, r.SHA256))
	if wait, err := w.Packages(t.Context(), "club", "li"); err != nil || len(wait) != 1 {
		t.Errorf("%+v %v", wait, err)
	}
}

// TestWhatIsNoCopyIsNotPreviewed, and a copy can still be refused.
func TestWhatIsNoCopyIsNotPreviewed(t *testing.T) {
	t.Parallel()
	w, id := reviewing(t, "")
	if _, _, _, err := w.PreviewCopy(t.Context(), "club", id, desk, nil); avow.CodeOf(err) != avow.Forbidden {
		t.Errorf("without a reason: %v", err)
	}
	other, err := w.ask("ask", saying("Who?"))
	must(t, err)
	if _, _, _, err := w.PreviewCopy(t.Context(), "club", other.ID, desk, forRequest); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("a question: %v", err)
	}
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: id, By: "desk", Text: text("No."), Refuse: "excessive"})
	must(t, err)
}

// TestAReviewedCopyIsNotHandedOutAtOnce: where people look at copies first, there is no
// way around them, and seeing one's data stays at once.
func TestAReviewedCopyIsNotHandedOutAtOnce(t *testing.T) {
	t.Parallel()
	w, _ := reviewing(t, "")
	if c, err := w.Copy(t.Context(), "club", "li"); avow.CodeOf(err) != avow.Conflict || c != nil {
		t.Errorf("a copy that nobody looked at: %v", err)
	}
	if c, err := w.Access(t.Context(), "club", "li"); err != nil || len(c.Held) != 2 {
		t.Errorf("what is held is not shown: %v", err)
	}
}
