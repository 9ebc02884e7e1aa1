package vet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"avow.dev/policy/syntax"
)

// WriteJSON writes findings as one JSON array.
func WriteJSON(w io.Writer, all []Finding) error {
	if all == nil {
		all = []Finding{}
	}
	return writeJSON(w, all, "findings")
}

// WriteSARIF writes findings as SARIF 2.1.0 (OASIS), which continuous
// integration shows beside the lines. Answered findings are suppressed there,
// with the operator's reason as the justification.
func WriteSARIF(w io.Writer, all []Finding) error {
	log := sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{Tool: sarifTool{sarifDriver{Name: "avow", Rules: sarifRules()}}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}},
	}
	index := map[string]int{}
	for i, id := range IDs() {
		index[id] = i
	}
	for _, f := range all {
		log.Runs[0].Results = append(log.Runs[0].Results, f.sarif(index[f.ID]))
	}
	return writeJSON(w, log, "sarif")
}

func writeJSON(w io.Writer, value any, what string) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}

func sarifRules() []sarifRule {
	all := Lints()
	rules := make([]sarifRule, len(all))
	for i, l := range all {
		rules[i] = sarifRule{ID: l.ID, Short: sarifText{l.Finds}}
		if l.Source != "" {
			rules[i].Help = &sarifText{l.Source}
		}
	}
	return rules
}

func (f Finding) sarif(rule int) sarifResult {
	r := sarifResult{
		RuleID: f.ID, RuleIndex: rule, Level: f.level(),
		Message:      sarifText{f.What + ". Why: " + f.Why + ". Try: " + f.Try + "."},
		Fingerprints: map[string]string{"avowFinding/v1": f.fingerprint()},
		Locations:    []sarifLocation{f.location(f.Places[0], 0)},
	}
	for i, p := range f.Places[1:] {
		l := f.location(p, i+1)
		l.Message = &sarifText{"the other place: " + string(p.Rule)}
		r.Related = append(r.Related, l)
	}
	if f.Answered() {
		s := sarifSuppression{Kind: "inSource", Status: "accepted", Justification: "the operator has supplied it"}
		if f.Accepted != nil {
			s.Justification = f.reason()
		}
		r.Suppressions = []sarifSuppression{s}
	}
	return r
}

func (f Finding) level() string {
	if f.Severity == Notice {
		return "note"
	}
	if f.Severity == Warning {
		return "warning"
	}
	return "error"
}

// fingerprint names a finding by what it is about, so that it stays the same
// while lines move.
func (f Finding) fingerprint() string {
	h := sha256.New()
	for _, p := range f.Places {
		fmt.Fprintf(h, "%s\x00%s\x00", p.Section, p.Rule)
	}
	fmt.Fprintf(h, "%s\x00%s", f.ID, f.What)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (f Finding) location(p Place, id int) sarifLocation {
	l := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{uri(f.File)}}}
	if id > 0 {
		l.ID = id
	}
	if p.Pos != (syntax.Pos{}) {
		l.Physical.Region = &sarifRegion{StartLine: p.Pos.Line, StartColumn: p.Pos.Column}
	}
	if p.Rule != "" {
		l.Logical = []sarifLogical{{Name: string(p.Rule), Full: strings.TrimPrefix(p.Section+"/"+string(p.Rule), "/")}}
	}
	return l
}

// uri is a relative reference to a file, as annotations want it.
func uri(name string) string { return strings.ReplaceAll(filepath.ToSlash(name), " ", "%20") }

type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string     `json:"id"`
		Short sarifText  `json:"shortDescription"`
		Help  *sarifText `json:"help,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Related      []sarifLocation    `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		ID       int            `json:"id,omitempty"`
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
		Message  *sarifText     `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Full string `json:"fullyQualifiedName"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)
