/// The clients people use, each on the same tour of a real cluster. [TourClient] says what a client must do,
/// `ClientTourTest` takes every client through it and looks at the outcome with another one.
@NullMarked
package io.jubernetes.systemtests.clients;

import org.jspecify.annotations.NullMarked;
