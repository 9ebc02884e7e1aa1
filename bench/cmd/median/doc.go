// Command median reads the output of several runs of Go benchmarks and writes
// their medians, and what they say about the goals, into a document.
//
//	median -facts facts.txt -doc docs/performance.md run1.txt run2.txt …
//
// The document has a block between two marker lines, which is replaced. Without
// -doc the block goes to standard output.
package main
