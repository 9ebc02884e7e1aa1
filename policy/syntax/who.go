package syntax

// Controller is who decides about the data.
type Controller struct {
	Head
	Name     Text      `key:"name" need:"yes" doc:"Legal name."`
	Brand    Text      `key:"brand" doc:"The name people know."`
	Address  Text      `key:"address" doc:"Postal address."`
	Contacts []Contact `key:"contacts" need:"yes" doc:"Live channels; a placeholder does not compile."`
	Officer  Text      `key:"officer" doc:"Data protection officer or the team that answers."`
	Region   Word      `key:"region" need:"yes" form:"region" doc:"Where the controller is established, an ISO 3166 code."`
}

// Contact is one way to reach the controller.
type Contact struct {
	Head
	Kind  Word   `key:"kind" need:"yes" of:"email|phone|post|url|in-app" doc:"The kind of channel."`
	Value Str    `key:"value" need:"yes" form:"live" doc:"Address, number, URL, or the place in the app."`
	For   []Word `key:"for" need:"yes" of:"questions|requests|complaints|security|claims" doc:"What it is for."`
}

// Scope is one product the policy covers.
type Scope struct {
	Head
	Kind  Word `key:"kind" need:"yes" of:"app|site|service|device" doc:"What it is."`
	Name  Text `key:"name" need:"yes" doc:"Its name."`
	Links Flag `key:"links" doc:"True if each build carries the policy's hash and link."`
}

// Structure is what the document promises to contain.
type Structure struct {
	Head
	Topics []Word `key:"topics" of:"collect-and-use|store-and-protect|share-transfer-disclose|cookies|rights|minors|incidents|changes|contact" doc:"The topics announced at the top."`
}

// Acceptance is the gate before anything is collected.
type Acceptance struct {
	Head
	Required  Flag       `key:"required" need:"yes" doc:"True if nothing is collected or used without a recorded acceptance."`
	Gesture   []Word     `key:"gesture" of:"accept-button|sign-up|use|browse" doc:"What the original calls acceptance; use and browsing never count as acceptance here."`
	Exits     []Word     `key:"exits" of:"access|copy|erase|close|ask" doc:"What stays open to a person who refuses."`
	Documents []Document `key:"documents" doc:"Further documents, and the area each opens."`
}

// Document is a further document to be accepted before an area opens.
type Document struct {
	Head
	Name       Text   `key:"name" need:"yes" doc:"Its title."`
	Version    Str    `key:"version" need:"yes" doc:"The version in force."`
	Opens      []Word `key:"opens" ref:"features" doc:"Features that stay closed without it."`
	Precedence Word   `key:"precedence" of:"policy|document" doc:"Which wins in a conflict."`
}

// Definition says what a word means.
type Definition struct {
	Head
	Term    Word   `key:"term" need:"yes" of:"personal-information|non-personal-information|identifiable-information|sensitive-information|apps|cookies|minor" doc:"The word."`
	By      []Word `key:"by" of:"identifies|identifies-combined|reflects-activity|contacts|private|not-linked|listed" doc:"What makes data fall under it."`
	Covers  []Word `key:"covers" ref:"data" doc:"Kinds of data it covers."`
	Unknown Word   `key:"unknown" of:"personal" doc:"How unclassified data is treated."`
}

// Role is who works with data.
type Role struct {
	Head
	Name Text `key:"name" need:"yes" doc:"Its name."`
	Kind Word `key:"kind" of:"service|person" doc:"A program or people."`
}

// Feature is a function of the product.
type Feature struct {
	Head
	Name  Text `key:"name" need:"yes" doc:"Its name."`
	Basic Flag `key:"basic" doc:"True if it must work without optional data, choices or an account."`
}

// Point is a collection point.
type Point struct {
	Head
	Name  Text   `key:"name" need:"yes" doc:"Its name."`
	Scope []Word `key:"scope" ref:"scope" doc:"Which products have it."`
}
