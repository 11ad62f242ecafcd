/// The network as pods and people outside see it: what reaches what, under which name and address.
@NullMarked
package io.jubernetes.systemtests.network;

import org.jspecify.annotations.NullMarked;
