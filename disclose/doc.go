// Package disclose turns many records into a table that points at nobody.
//
// A [Table] says what is counted: its categories are given beforehand and never
// read off the data, because a category that appears only when somebody is in it
// says that somebody is in it. A [Counter] is fed one person (or one event about
// nobody) at a time and holds nothing but counters. [Counter.Release] makes the
// figures that may be shown:
//
//   - Each person moves at most [Table.Most] counters, by one each.
//   - Each counter gets noise of the discrete Laplace distribution, drawn exactly,
//     in integers (Canonne, Kamath and Steinke, "The Discrete Gaussian for
//     Differential Privacy", 2020, algorithms 1 and 2). Floating point is not
//     used: its gaps betray the value beneath (Mironov, 2012).
//   - A group smaller than the threshold is never shown. A group is shown only if
//     its noisy count passes the threshold by [Table.Margin], so that whether a
//     group is shown follows from the noisy count alone, but for a chance of at
//     most [Slip] for each counter. The table is thus differentially private with
//     the epsilon spent and a delta of at most 2 * Most * Slip.
//   - Where a dimension is sensitive, a group is shown only if at least
//     [Table.Diverse] of its sensitive values are.
//   - Where totals are shown, further cells are hidden until no hidden cell
//     follows from the others, nor the sum of a few.
//
// # What is not solved
//
// Epsilon adds up over periods and over rules: somebody who collects releases
// for years learns more than from one. [Account] bounds a period, and no longer.
// What is counted as one person is what the caller says is one. Drawing noise
// takes a time that depends on the noise: nobody may be told how long it took.
package disclose
