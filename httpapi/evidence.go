package httpapi

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"avow.dev"
)

// Evidence is one leaf of a policy's log.
type Evidence struct {
	Policy string          `json:"policy" example:"club"`
	Index  int64           `json:"index" example:"4711"`
	State  string          `json:"state" enum:"recorded,published" doc:"Recorded evidence is in the database; published evidence is in the tree under a signed checkpoint and has a receipt."`
	ID     string          `json:"id" doc:"Id of the leaf." example:"0a8f1c2d3e4f5061728394a5b6c7d8e9"`
	Kind   string          `json:"kind" doc:"What happened." example:"collect"`
	At     time.Time       `json:"at"`
	Leaf   json.RawMessage `json:"leaf" doc:"The leaf itself, the canonical JSON that is hashed."`
	Proof  string          `json:"proof,omitempty" doc:"The receipt (C2SP tlog-proof), which anyone can check offline."`
}

func (d *Door) addEvidence() {
	get(d, operation{
		id: "evidence", path: "/v1/{policy}/evidence/{index}", tag: "Evidence", scopes: anyone,
		summary: "Read one leaf of the evidence, with its proof",
		doc:     "A leaf holds no personal data: whom it is about stands in it as a commitment that only the person's key opens.",
		params:  []param{{"index", "path", "Place of the leaf in the policy's log, from 0.", "0"}},
	}, func(c *call) (Evidence, error) {
		index, err := indexOf(c.r.PathValue("index"))
		if err != nil {
			return Evidence{}, err
		}
		e, err := c.gate.Evidence(c, c.policy, index)
		if err != nil {
			return Evidence{}, err
		}
		out := Evidence{Policy: string(c.policy), Index: index, State: "recorded", ID: hex.EncodeToString(e.Leaf.ID[:]), Kind: string(e.Leaf.Kind), At: e.Leaf.At, Leaf: e.Body}
		if e.Receipt == nil {
			return out, nil
		}
		proof, err := e.Receipt.MarshalText()
		if err != nil {
			return Evidence{}, &avow.Error{Code: avow.Internal, Message: "the receipt could not be written", Try: "see the server's log", Cause: err}
		}
		out.State, out.Proof = "published", string(proof)
		return out, nil
	})
}

// indexOf reads the place of a leaf, which has one spelling.
func indexOf(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, &avow.Error{Code: avow.Unknown, Message: "the log has no such leaf", Try: "ask for a whole number below the log's size"}
	}
	return n, nil
}
