/// Endpoints objects: the same as endpoint slices, in the older form that some clients still read.
@NullMarked
package io.jubernetes.controllermanager.endpoints;

import org.jspecify.annotations.NullMarked;
