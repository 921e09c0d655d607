"""What is on: invented performers, and stage works old enough to belong to everyone."""

from typing import NamedTuple


class Production(NamedTuple):
    """One show. `performances` are consecutive evenings; `price_level` multiplies the venue's prices."""

    name: str
    performers: tuple[str, ...]
    genre: str
    description: str
    performances: int = 1
    price_level: float = 1.0


BASEBALL = (
    Production("Los Angeles Pelicans vs. San Diego Breakers", ("Los Angeles Pelicans", "San Diego Breakers"),
               "Baseball", "The coast derby opens the home stand. Gates open two hours before the first pitch."),
    Production("Los Angeles Pelicans vs. San Francisco Fogs", ("Los Angeles Pelicans", "San Francisco Fogs"),
               "Baseball", "Four hundred miles of rivalry in nine innings. Fireworks after the game."),
    Production("Los Angeles Pelicans vs. Chicago Kingfishers", ("Los Angeles Pelicans", "Chicago Kingfishers"),
               "Baseball", "The visitors bring the best bullpen of the league. Children run the bases afterwards."),
    Production("Los Angeles Pelicans vs. Brooklyn Lamplighters", ("Los Angeles Pelicans", "Brooklyn Lamplighters"),
               "Baseball", "Throwback evening: wool caps, organ music and a scoreboard turned by hand."),
    Production("Los Angeles Pelicans vs. Seattle Cedars", ("Los Angeles Pelicans", "Seattle Cedars"),
               "Baseball", "Last home series of the season, with everything still to play for."),
)  # fmt: skip

STADIUM_CONCERTS = (
    Production("Marisol Vega: Tierra y Neón", ("Marisol Vega", "Los Hermanos Quiroga"), "Pop",
               "The biggest show of her career: thirty dancers, a brass band and a stage in centre field.",
               price_level=1.4),
    Production("The Paper Astronauts: Re-entry Tour", ("The Paper Astronauts", "Glasshouse Weather"), "Rock",
               "Three hours, two stages and every song from the first record, in order.", price_level=1.25),
    Production("Ada Okonjo & the Longwave Orchestra", ("Ada Okonjo", "Longwave Orchestra"), "Soul",
               "A voice, sixty strings and one night under the lights.", price_level=1.3),
)  # fmt: skip

STAGE = (
    Production("Hamlet", ("Alder Company",), "Theatre",
               "Shakespeare's tragedy played fast and close, in three hours with one interval.", 4),
    Production("Die Zauberflöte", ("Rheinische Kammeroper", "Jonas Albrecht"), "Opera",
               "Mozart's last opera with puppets, a live thunder machine and German dialogue.", 4, 1.2),
    Production("Carmen", ("Compagnie Mistral", "Inès Carbonell"), "Opera",
               "Bizet's opera moved to a tobacco warehouse by the harbour. In French with surtitles.", 4, 1.25),
    Production("Schwanensee", ("Ballett Nordstern",), "Ballet",
               "Tchaikovsky's ballet in the classical choreography, with the orchestra in the pit.", 4, 1.3),
    Production("Memórias Póstumas", ("Grupo Maré Alta",), "Theatre",
               "Machado de Assis on stage: a dead man tells his life and laughs at it.", 3, 0.8),
    Production("Rusalka", ("Opera Vltava", "Tereza Horáčková"), "Opera",
               "Dvořák's water nymph on a flooded stage. The first three rows may get wet.", 3, 1.1),
    Production("The Importance of Being Earnest", ("Lantern Players",), "Comedy",
               "Wilde's comedy of two invented names, one handbag and a great many cucumber sandwiches.", 4, 0.9),
    Production("La vida es sueño", ("Teatro Jacaranda", "Rodrigo Zúñiga"), "Theatre",
               "Calderón's prince wakes in a palace and again in a tower: which was the dream?", 3, 0.85),
    Production("Beethoven: Symphony No. 9", ("Stadtorchester Deutz", "Chor der Vier Brücken"), "Classical",
               "The Ninth with two choirs and four soloists, before it the Egmont overture.", 2, 1.1),
    Production("Cyrano de Bergerac", ("Compagnie Mistral",), "Theatre",
               "Rostand's poet with the long nose lends another man his words, and pays for it.", 3, 0.9),
    Production("Messiah", ("Alder Singers", "Bankside Baroque"), "Classical",
               "Handel's oratorio in its Dublin version, with period instruments.", 2, 1.0),
    Production("A Midsummer Night's Dream", ("Lantern Players", "Children of Pilsen Street"), "Theatre",
               "Lovers, weavers and fairies lost in one wood. For everyone from eight up.", 4, 0.8),
    Production("O Guarani", ("Ópera do Planalto",), "Opera",
               "Carlos Gomes between Milan and the rain forest, sung in Italian.", 3, 1.15),
    Production("The Seagull", ("Divadlo Na Ostrově",), "Theatre",
               "Chekhov by the lake: four acts, two writers, one bird. In Czech with English surtitles.", 3, 0.8),
    Production("Giselle", ("Ballett Nordstern",), "Ballet",
               "The great romantic ballet, with the second act in moonlight only.", 3, 1.2),
)  # fmt: skip

TOURING_ACTS = (
    Production("Glasshouse Weather", ("Glasshouse Weather",), "Indie", "Four voices, two drum kits and no set list."),
    Production("Zé Trovão Quarteto", ("Zé Trovão",), "Jazz", "Bossa taken apart and put together by a trumpet."),
    Production("Nora Lindqvist Trio", ("Nora Lindqvist",), "Jazz", "Northern piano, played very quietly, then not."),
    Production("The Tin Parade", ("The Tin Parade",), "Folk", "Fiddles, a washboard and songs about trains."),
    Production("DJ Polder & Friends", ("DJ Polder",), "Electronic", "Modular synthesisers until the last tram."),
    Production("Amparo Reyes", ("Amparo Reyes",), "Flamenco", "Cante jondo with two guitars and one wooden floor."),
    Production("Old Copper Kettle", ("Old Copper Kettle",), "Blues", "Slide guitar from the wrong side of the river."),
    Production("Lumière Basse", ("Lumière Basse",), "Chanson", "New songs about old streets, with accordion."),
    Production("Kwame Adjei Highlife Band", ("Kwame Adjei",), "Highlife", "Nine musicians who make chairs useless."),
    Production("Stand-up: Priya Raman", ("Priya Raman",), "Comedy", "An hour about family, visas and a very bad cat."),
    Production("The Velvet Ledger", ("The Velvet Ledger",), "Soul", "Organ, horns and a singer with a grudge."),
    Production("Sigrún Ósk", ("Sigrún Ósk",), "Singer-songwriter", "Icelandic songs with harp and loop pedal."),
    Production("Trio Błękitny", ("Trio Błękitny",), "Jazz", "Chopin as a starting point, not as a destination."),
    Production("Hush Harbour", ("Hush Harbour",), "Gospel", "Eight voices without a microphone."),
    Production("Orkestar Crvena Ruža", ("Orkestar Crvena Ruža",), "Brass", "Balkan brass at wedding speed."),
    Production("Mateo Iglesias: Solo", ("Mateo Iglesias",), "Tango", "One bandoneon and the stories between."),
    Production("Quiz Night with Dot & Dash", ("Dot & Dash",), "Comedy", "Teams of six, one table, no telephones."),
    Production("The Marrow Sisters", ("The Marrow Sisters",), "Country", "Close harmony about distant places."),
    Production("Ensemble Kurzwelle", ("Ensemble Kurzwelle",), "Contemporary", "Reich, Pärt and a broken radio."),
    Production("Tumbao Norte", ("Tumbao Norte",), "Salsa", "Twelve players; the first song is a dancing lesson."),
    Production("Poetry Slam", ("Four poets",), "Spoken word", "Six minutes each, and the room decides."),
    Production("Yuki Hanabusa", ("Yuki Hanabusa",), "Jazz", "Drums as a melody instrument, with saxophone."),
    Production("Salt & Cedar", ("Salt & Cedar",), "Folk", "Sea songs with a harmonium from a lighthouse."),
    Production("Les Petits Moteurs", ("Les Petits Moteurs",), "Rock", "Garage rock in two languages, loud in both."),
    Production("Stand-up: Olu Martins", ("Olu Martins",), "Comedy", "Work in progress, so half price laughs twice."),
    Production("Farida & the Night Post", ("Farida",), "World", "Oud, double bass and letters that came too late."),
)  # fmt: skip
