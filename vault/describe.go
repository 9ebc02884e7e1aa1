package vault

import (
	"fmt"
	"time"

	"avow.dev/vault/keyfile"
)

// Description is what may be shown of a keys folder: ages, epochs and counts, no
// key, wrapped or not.
type Description struct {
	ID       string              `json:"id"`
	Created  time.Time           `json:"created"`
	Policies []PolicyDescription `json:"policies"`
}

// PolicyDescription describes the keys of one policy.
type PolicyDescription struct {
	Name    string             `json:"name"`
	Created time.Time          `json:"created"`
	Epochs  []EpochDescription `json:"epochs"` // the last is current
	// Live counts the keys that are there: those of subjects and, while a server runs or
	// after it was killed, the few that were made ahead and that nobody has.
	Live    uint64 `json:"live"`
	Erased  uint64 `json:"erased"`  // subjects whose key was destroyed
	Damaged uint64 `json:"damaged"` // slots that cannot be read
}

// EpochDescription describes one epoch of a policy key.
type EpochDescription struct {
	Epoch    uint16     `json:"epoch"`
	Created  time.Time  `json:"created"`
	Retired  *time.Time `json:"retired,omitempty"`
	Subjects uint64     `json:"subjects"` // keys still wrapped under it, as Live counts them
}

// Describe looks at the keys folder at dir without a root key and without its
// lock, and so also while a server works with it.
func Describe(dir string) (Description, error) {
	f, err := readRing(dir)
	if err != nil {
		return Description{}, fmt.Errorf("describe keyring: %w", err)
	}
	d := Description{ID: f.ID, Created: f.Created, Policies: []PolicyDescription{}}
	for _, p := range f.Policies {
		_, count, err := keyfile.Inspect(slotsPath(dir, p.Name))
		if err != nil {
			return Description{}, fmt.Errorf("describe keyring: %w", err)
		}
		d.Policies = append(d.Policies, describe(p, count))
	}
	return d, nil
}

func describe(p ringPolicy, c keyfile.Count) PolicyDescription {
	d := PolicyDescription{Name: p.Name, Created: p.Created, Erased: c.Destroyed, Damaged: c.Damaged}
	for _, e := range p.Epochs {
		d.Epochs = append(d.Epochs, EpochDescription{Epoch: e.Epoch, Created: e.Created, Retired: e.Retired, Subjects: c.Live[e.Epoch]})
	}
	for _, n := range c.Live {
		d.Live += n
	}
	return d
}
