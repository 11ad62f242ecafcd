/// API versions that other servers answer for: which there are ([io.jubernetes.apiserver.aggregation.ApiServices]),
/// where their servers are reached, whether they answer, and what they tell of themselves for discovery and OpenAPI.
/// Requests are passed on by the `http` package.
@NullMarked
package io.jubernetes.apiserver.aggregation;

import org.jspecify.annotations.NullMarked;
