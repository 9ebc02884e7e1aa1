// Package law holds dated law packs: the numbers, lists and duties that differ
// from place to place and change with time, as data that can be replaced.
//
// A pack is input for design and not legal advice. Every number in it names its
// source and how well it was checked.
package law
