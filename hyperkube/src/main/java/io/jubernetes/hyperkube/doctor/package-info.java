/// What a machine needs, and how to mend what it lacks.
@NullMarked
package io.jubernetes.hyperkube.doctor;

import org.jspecify.annotations.NullMarked;
