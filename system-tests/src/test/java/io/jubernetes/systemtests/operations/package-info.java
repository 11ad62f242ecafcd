/// What operators run: units, proxies in front of API servers, several of everything. The tests start
/// the real programs and break them.
@NullMarked
package io.jubernetes.systemtests.operations;

import org.jspecify.annotations.NullMarked;
