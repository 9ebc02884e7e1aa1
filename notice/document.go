package notice

// Document is a published policy in one language: what the writers print.
type Document struct {
	Language  string    `json:"language"`  // BCP 47 tag
	Languages []Edition `json:"languages"` // every language of the policy, in its order
	Policy    string    `json:"policy"`    // slug
	Title     string    `json:"title"`
	Version   string    `json:"version"`
	Effective string    `json:"effective"` // ISO 8601 date
	Law       []string  `json:"law"`       // slugs of the law packs
	Hash      string    `json:"hash,omitempty"`
	Facts     []Fact    `json:"facts"`    // the lines under the title
	Chapters  []Chapter `json:"chapters"` // summary, answers, full text, end matter
	words     pageWords
}

// Edition is a language in which the policy is published.
type Edition struct {
	Language string `json:"language"`
	Name     string `json:"name"`           // in that language itself
	Href     string `json:"href,omitempty"` // where that edition is, if known
}

// Fact is a labelled line about the document as a whole.
type Fact struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Layer says for which depth of reading a chapter is written.
type Layer string

// The layers, from the shortest to the longest.
const (
	Summary Layer = "summary" // five lines
	Answers Layer = "answers" // questions that people ask
	Full    Layer = "text"    // everything, in the order of the language
	End     Layer = "end"     // what the operator added, accepted and can be held to
)

// Chapter is a stretch of the document under one heading.
type Chapter struct {
	ID      string  `json:"id"` // anchor
	Layer   Layer   `json:"layer"`
	Number  int     `json:"number,omitempty"` // of the full text; counts from 1
	Heading string  `json:"heading"`
	Blocks  []Block `json:"blocks"`
}

// Kind says how a block is set.
type Kind string

// The kinds of blocks.
const (
	Paragraph Kind = "paragraph" // sentences that run on
	List      Kind = "list"      // one item for each sentence
	Table     Kind = "table"     // one row for each sentence
	Question  Kind = "question"  // the heading asks, the sentences answer
)

// Block is a paragraph, list or table that says one section of the policy.
type Block struct {
	Section   string     `json:"section"` // key of the policy language, such as "collect"
	Kind      Kind       `json:"kind"`
	Heading   string     `json:"heading,omitempty"`
	Columns   []string   `json:"columns,omitempty"` // of a table
	Sentences []Sentence `json:"sentences"`
	See       []See      `json:"see,omitempty"` // chapters that say more
}

// See points to a chapter.
type See struct {
	Chapter string `json:"chapter"`
	Text    string `json:"text"`
}

// Sentence is the smallest piece that carries rules. It may hold more than one
// grammatical sentence, all said by the same rules.
type Sentence struct {
	Lead    string   `json:"lead,omitempty"` // words set in bold before the text
	Text    string   `json:"text"`           // for a row: its cells, each after its column's name
	Note    string   `json:"note,omitempty"` // the operator's explanation; promises nothing
	Cells   []Cell   `json:"cells,omitempty"`
	Links   []Link   `json:"links,omitempty"`
	Rules   []string `json:"rules"`             // every rule it says or draws on
	Clauses []string `json:"clauses"`           // clauses of the original that those rules carry
	Anchors []string `json:"anchors,omitempty"` // rules whose place this is: #rule-<id>
	Extra   bool     `json:"supplied,omitempty"`
}

// Cell is one field of a table's row.
type Cell struct {
	Text string   `json:"text"`
	Tags []string `json:"tags,omitempty"` // short marks, such as "sensitive"
	Code bool     `json:"code,omitempty"` // a name as a machine writes it
}

// Link says that a stretch of the text is an address.
type Link struct {
	Text string `json:"text"`
	Href string `json:"href"`
}

// after is what stands between a label and what it labels.
func (w *pageWords) after() string { return w.Colon + w.Joint }

// pageWords are the few words that the writers themselves print.
type pageWords struct {
	Contents, Note, Clause, Rule, Supplied, Skip, See, Languages string
	Joint                                                        string // between two sentences
	Colon                                                        string
	Stop, LeadClose, LeadJoint                                   string
}
