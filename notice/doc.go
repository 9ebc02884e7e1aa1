// Package notice writes the published privacy policy from its rules, in every
// language of the policy, as HTML, Markdown and JSON.
//
// There is one path from a rule to a sentence. [Render] walks the policy once,
// in the order of the language, and builds a [Document]: chapters, blocks,
// sentences, each sentence naming the rules and clauses it says. What differs
// between languages is only the table of messages in lang/<tag>; which
// sentences exist, and which rules they cite, is decided before any language
// is known. A rule that yields no sentence is an error, and so is a word for
// which a language has no text.
package notice
