package consent

import (
	"encoding/json"
	"time"
)

// The profiles of DPV that records and receipts keep to.
const (
	RecordProfile  = "https://w3id.org/dpv/schema/dpv-27560#record"
	ReceiptProfile = "https://w3id.org/dpv/schema/dpv-27560#receipt"
)

// context names the prefixes of the terms. It stands in every document, so that
// nothing has to be fetched to read one.
const context = `{"avow":"https://avow.dev/vocab#","avow-cn":"https://avow.dev/vocab/cn#","dct":"http://purl.org/dc/terms/","dpv":"https://w3id.org/dpv#","eu-gdpr":"https://w3id.org/dpv/legal/eu/gdpr#","loc":"https://w3id.org/dpv/loc#","pd":"https://w3id.org/dpv/pd#","tech":"https://w3id.org/dpv/tech#"}`

// Receipt is all that a person said on choices.
type Receipt struct {
	Context    json.RawMessage `json:"@context"`
	Type       string          `json:"@type"`
	ConformsTo string          `json:"dct:conformsTo"`
	Identifier string          `json:"dpv:hasIdentifier"`
	Created    time.Time       `json:"dct:created"`
	Records    []Record        `json:"dpv:hasRecordOfActivity"`
}

// Record is one word on one choice.
type Record struct {
	Context    json.RawMessage `json:"@context"`
	Type       string          `json:"@type"`
	ConformsTo string          `json:"dct:conformsTo"`
	Identifier string          `json:"dpv:hasIdentifier"` // made from the id of the leaf
	Subject    Identified      `json:"dpv:hasDataSubject"`
	Notice     Notice          `json:"dpv:hasNotice"`
	Process    []Process       `json:"dpv:hasProcess"`
	Controller Controller      `json:"dpv:hasDataController"`
	LegalBasis string          `json:"dpv:hasLegalBasis"`
	Status     string          `json:"dpv:hasConsentStatus"`
	At         time.Time       `json:"dpv:isIndicatedAtTime"`
	Duration   string          `json:"dpv:hasDuration"` // an ISO 8601 period, or a term
	Expires    time.Time       `json:"dct:valid,omitzero"`
	By         string          `json:"dpv:isIndicatedBy"`
	Method     Method          `json:"dpv:hasIndicationMethod"`
	Control    Control         `json:"dpv:hasConsentControl"`
	Rights     []string        `json:"dpv:hasRight"`

	Choice  string   `json:"avow:choice"`
	Clauses []string `json:"avow:clauses"`
	Policy  string   `json:"avow:policy"` // hash of the text that was in force
	Leaf    Leaf     `json:"avow:leaf"`
	Opening Opening  `json:"avow:opening"`
}

// Identified is something by its identifier.
type Identified struct {
	Identifier string `json:"dct:identifier"`
}

// Notice is the words that were shown.
type Notice struct {
	Type       string `json:"@type"`
	Identifier string `json:"dct:identifier"`
	Version    string `json:"dct:hasVersion"`
	Language   string `json:"dct:language"`
	Words      string `json:"avow:words,omitempty"` // SHA-256 of the exact words, if they were named
}

// Method is what the person did, and where.
type Method struct {
	Gesture string `json:"avow:gesture"`
	Origin  string `json:"avow:origin"`
}

// Process is one purpose of the choice.
type Process struct {
	Purpose    string   `json:"dpv:hasPurpose"`
	Data       []Datum  `json:"dpv:hasPersonalData"`
	Necessity  string   `json:"dpv:hasNecessity"`
	Recipients []string `json:"dpv:hasRecipientThirdParty,omitempty"`
	Source     string   `json:"dpv:hasDataSource"`
	Storage    Storage  `json:"dpv:hasStorageCondition"`
	Law        string   `json:"dpv:hasJurisdiction"`
}

// Datum is a kind of data.
type Datum struct {
	Type string `json:"@type"`
	Slug string `json:"dct:identifier"`
}

// Storage says how long and where.
type Storage struct {
	Duration []string `json:"dpv:hasDuration"`
	Location []string `json:"dpv:hasLocation"`
}

// Controller is who decides about the data.
type Controller struct {
	Type       string   `json:"@type"`
	Identifier string   `json:"dct:identifier"`
	Name       string   `json:"dpv:hasName"`
	Address    string   `json:"dpv:hasAddress,omitempty"`
	Contact    []string `json:"dpv:hasContact"`
}

// Control says how the word is taken back.
type Control struct {
	Withdraw []string `json:"dpv:WithdrawConsent"`
}

// Leaf says where the log has it.
type Leaf struct {
	ID    string `json:"avow:id"`
	Index int64  `json:"avow:index"` // -1 while it is on its way into the log
	Proof string `json:"avow:proof"` // where its receipt is
}

// Opening opens the commitment of one leaf, and of no other: base64 of 32 bytes each.
type Opening struct {
	Salt      string `json:"avow:salt"`
	Pseudonym string `json:"avow:pseudonym"`
}
