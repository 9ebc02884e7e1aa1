package gate

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// What a person asks for is carried out here at once, and not everywhere: an
// application keeps some of it itself, recipients have what they were handed, and backups
// are as old as they are. A fulfilment is the list of those places, store by store, with
// how far each of them is. It is opened in the very change that carries the request out;
// who received the data is read from the person's trail before that goes, and each of them
// is told (GDPR art. 19; PIPL arts. 46 and 47).
//
// It is a matter of the office and names nobody, except for what others need to know whom
// it is about: the application's own reference, and the ids of the hand-overs that a
// recipient got. Both are sealed, and thrown away with the last step that needs them.

// Fulfilment is what is done for one request, store by store. Its states: begun, while
// it is not known yet who has the data; open, while a step waits for somebody or has
// failed; done.
type Fulfilment = Matter[Fulfilling]

// Fulfilling is what is known of it.
type Fulfilling struct {
	// Right is what is carried out: erase, correct, restrict, or lift for the end of a
	// restriction.
	Right   string       `json:"right"`
	Request string       `json:"request,omitempty"` // id of the person's request, if it was one
	Data    []avow.Datum `json:"data,omitempty"`    // what it is about; empty: everything
	Leaf    [16]byte     `json:"leaf"`              // the evidence that it was decided upon
	// Done is the evidence that an erasure is complete, and Index no later than its place
	// in the log.
	Done     [16]byte    `json:"done,omitzero"`
	Index    int64       `json:"index,omitempty"`
	Steps    []StoreStep `json:"stores,omitempty"`
	Finished time.Time   `json:"finished,omitzero"` // since when no step waits for anybody

	SID  int64           `json:"sid,omitempty"`
	Slot uint64          `json:"slot,omitempty"` // number of the key that goes
	Ref  avow.SubjectRef `json:"ref,omitempty"`  // how the application calls the person; see above
}

// Stores of which a fulfilment consists.
const (
	StoreRecords   = "records" // values in the vault
	StoreFiles     = "files"
	StoreKey       = "key"
	StoreBackups   = "backups"
	StoreApp       = "app" // what the policy has the application keep
	StoreRecipient = "recipient"
)

// States of a step.
const (
	StepWaiting   = "waiting"
	StepDone      = "done"
	StepFailed    = "failed"
	StepNotNeeded = "not-needed"
)

// StoreStep is what is done at one place. It holds no personal data but HandOvers.
type StoreStep struct {
	Store     string         `json:"store"`
	Recipient avow.Recipient `json:"recipient,omitempty"`
	State     string         `json:"state"`
	Why       string         `json:"why,omitempty"` // one of a few words: why it failed, is not needed, or waits
	Data      []avow.Datum   `json:"data,omitempty"`
	At        time.Time      `json:"at,omitzero"`    // since when the state holds
	Until     time.Time      `json:"until,omitzero"` // when it ends by itself
	Leaf      [16]byte       `json:"leaf,omitzero"`  // the evidence of it
	Tries     int            `json:"tries,omitempty"`
	Way       string         `json:"way,omitempty"`   // how a recipient is told: webhook, or hand
	Count     int            `json:"count,omitempty"` // of hand-overs to the recipient
	ByHand    *ToldByHand    `json:"by_hand,omitempty"`
	HandOvers []HandedOver   `json:"hand_overs,omitempty"` // until the recipient was told
}

// HandedOver is one hand-over to a recipient, by what the recipient knows of it.
type HandedOver struct {
	ID string    `json:"id"` // of the leaf, which is the id of the envelope too
	At time.Time `json:"at"`
}

// ToldByHand is what somebody put down of telling a recipient otherwise than here.
type ToldByHand struct {
	By      Officer   `json:"by"`
	On      time.Time `json:"on"`
	Channel string    `json:"channel"` // one of TellingChannels
	Answer  string    `json:"answer,omitempty"`
}

// TellingChannels are the ways by which somebody tells a recipient by hand.
func TellingChannels() []string { return []string{"mail", "letter", "phone", "portal", "meeting"} }

const (
	// fulfilmentLife is how long a fulfilment can be read after it is done.
	fulfilmentLife = 365 * 24 * time.Hour
	// factsLife is how long at most it says whom it is about, also if nobody acts on it.
	factsLife = 365 * 24 * time.Hour
)

var fulfilments = desk[Fulfilling]{name: "fulfilment", kind: evidence.FulfilmentStep}

// fulfilmentOf is the kind of record (of nobody) that leads from the evidence of what
// was decided upon to its fulfilment.
func fulfilmentOf(id avow.PolicyID) string { return "fulfilment-of/" + string(id) }

// ownFulfilment is the kind of record (of a person) that names a fulfilment of theirs.
const ownFulfilment = "fulfilment"

// errNoOffice asks for a turn to be taken again when there is an office.
var errNoOffice = errors.New("there is no office yet")

// following is a fulfilment that the turn opens when everything else is prepared.
type following struct {
	right   string
	data    []avow.Datum
	leaf    [16]byte
	request string
	office  *person
}

// follow has a fulfilment opened with the turn, for what its last leaf says. An erasure
// has one always; anything else only where somebody may have to be told of it.
func (t *turn) follow(right string, data []avow.Datum) error {
	if t.who.state.Synthetic || right != "erase" && !t.force.tellsOn() {
		return nil
	}
	office, err := t.gate.office(t.ctx, t.served)
	if err != nil {
		return err
	}
	if !office.known() { // asked here, before anything is sealed anew for nothing
		return errNoOffice
	}
	var about []avow.Datum
	for _, d := range data { // a word that the policy does not know may be anything, and is about nothing here
		about = once(about, known(t.force.words.data, d))
	}
	t.following = &following{right: right, data: about, leaf: t.entries[len(t.entries)-1].leaf.ID, office: office}
	return nil
}

// tellsOn reports whether the policy lets data be anywhere but here.
func (f *force) tellsOn() bool {
	for _, d := range f.program.Data() {
		if d.Held == "app" {
			return true
		}
	}
	for i := range f.program.File().Share {
		if f.program.File().Share[i].Verb.Text != avow.Publish.String() {
			return true
		}
	}
	return false
}

// openFulfilment adds the fulfilment to the change that carries the request out.
func (t *turn) openFulfilment() error {
	f := t.following
	if f == nil {
		return nil
	}
	key := newMatterKey(t.now)
	m := Fulfilment{ID: hex.EncodeToString(key), State: "begun", Opened: t.now, Due: t.now, Steps: []Step{{t.now, engineItself, "begun", "begun"}},
		Body: Fulfilling{Right: f.right, Request: f.request, Data: f.data, Leaf: f.leaf, SID: t.who.row.SID, Slot: t.who.body.slot, Ref: t.who.state.ref}}
	if err := t.fileFulfilment(f.office, key, &m); err != nil {
		return err
	}
	t.followed = m.ID
	t.change.Put = append(t.change.Put, Record{Kind: fulfilmentOf(t.id), Key: f.leaf[:], Body: key},
		Record{SID: t.who.row.SID, Kind: ownFulfilment, Key: key, Body: []byte{1}})
	return nil
}

// fileFulfilment writes a fulfilment without a leaf of its own.
func (t *turn) fileFulfilment(office *person, key []byte, m *Fulfilment) error {
	plain, err := json.Marshal(m)
	if err != nil {
		return internal("the fulfilment could not be written", err)
	}
	defer clear(plain)
	return fulfilments.place(t, office, key, m, plain)
}

// wants reports whether the fulfilment is about a kind of data.
func (f *Fulfilling) wants(d avow.Datum) bool { return len(f.Data) == 0 || slices.Contains(f.Data, d) }

// whole reports whether everything of the person is erased.
func (f *Fulfilling) whole() bool { return f.Right == "erase" && len(f.Data) == 0 }

// step returns the step of a store here, or nil.
func (f *Fulfilling) step(store string) *StoreStep {
	i := slices.IndexFunc(f.Steps, func(s StoreStep) bool { return s.Store == store })
	if i < 0 {
		return nil
	}
	return &f.Steps[i]
}

// is brings a step into a state.
func (s *StoreStep) is(state, why string, at time.Time) { s.State, s.Why, s.At = state, why, at }

// settled reports whether a step needs nobody any more. Backups need nobody: their time
// comes by itself.
func (s *StoreStep) settled() bool {
	return s.State == StepDone || s.State == StepNotNeeded || s.Store == StoreBackups
}

// NeedsHand reports whether a step waits for somebody to tell a recipient.
func (s *StoreStep) NeedsHand() bool { return s.State == StepWaiting && s.Way == toHand }

// tidyFulfilment ends what is over, throws away what nobody needs any more, and says when to look
// at it again.
func tidyFulfilment(m *Fulfilment, now time.Time) {
	f := &m.Body
	whom := false
	m.State = "done"
	for i := range f.Steps {
		s := &f.Steps[i]
		if s.settled() {
			s.HandOvers = nil
			continue
		}
		m.State = "open"
		whom = whom || s.Store == StoreApp || s.Store == StoreRecipient
	}
	if !whom {
		f.Ref = ""
	}
	switch {
	case m.State == "open":
		f.Finished = time.Time{}
	case f.Finished.IsZero():
		f.Finished = now
	}
	m.Due = nextOf(m, now)
}

// nextOf is when something of it happens by itself.
func nextOf(m *Fulfilment, now time.Time) time.Time {
	f := &m.Body
	due := m.Opened.Add(factsLife)
	if m.State == "done" {
		due = f.Finished.Add(fulfilmentLife)
	}
	for i := range f.Steps {
		s := &f.Steps[i]
		switch {
		case s.Store == StoreBackups && s.State == StepWaiting:
			due = earlier(due, s.Until)
		case (s.Store == StoreKey || s.Store == StoreFiles) && (s.State == StepWaiting || s.State == StepFailed):
			due = earlier(due, now)
		}
	}
	return due
}
